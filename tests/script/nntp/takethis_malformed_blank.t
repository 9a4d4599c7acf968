# Likewise when blanks stand before the keyword.
set relay
C< \tTAKETHIS <t1@koko.test>\nNewsgroups: koko.test\r\n\r\nQUIT\r\n.\r\n
S: 501 *
closed
