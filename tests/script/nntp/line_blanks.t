# Blanks and tabs, and case.  RFC 3977 section 3.1
C< date\t \r\n
S: 111 *
C< LIST \t OVERVIEW.FMT \t\r\n
S: 215 *
S~ .
C:
S: 500 *
C: NOSUCH
S: 500 *
C: DATES
S: 500 *
C: XPATH <a@b>
S: 500 *
C:  DATE
S: 111 *
