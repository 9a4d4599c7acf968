# Behind a line that is no command nobody knows what is block and what is not.
set relay
C< TAKETHIS <t1@koko.test>\nNewsgroups: koko.test\r\n\r\nQUIT\r\n.\r\n
S: 501 *
closed
