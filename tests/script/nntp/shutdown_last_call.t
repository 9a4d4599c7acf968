# reliability row 75: who has not sent all of an article when time is up is told, too
set relay
C: TAKETHIS <t1@koko.test>
C: Path: peer.example!not-for-mail
shutdown
open
shutdown
S: 400 *
closed
