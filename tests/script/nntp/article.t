# RFC 3977 section 6.2.1; Xref is added as the last field
as anna
C: GROUP koko.test
S: 211 *
C: ARTICLE
S: 220 1 <a1@koko.test>
S: Path: news.koko.test!not-for-mail
S: From: Anna <anna@koko.test>
S: Newsgroups: koko.test
S: Subject: Subject 1
S: Date: Mon, 23 Nov 2026 13:00:01 +0000
S: Message-ID: <a1@koko.test>
S: Xref: news.koko.test koko.test:1
S: 
S: Body of 1.
S: ..a dot
S: ...
S: end
S: .
C: article 2
S: 220 2 <a2@koko.test>
S~ References: <a1@koko.test>
S: Organization: Amt
S: 	fuer Folds
S: Xref: news.koko.test koko.test:2
S~ .
C: STAT
S: 223 2 <a2@koko.test>
C: ARTICLE <a5@koko.test>
S: 220 5 <a5@koko.test>
S~ .
# by Message-ID the current article stays
C: STAT
S: 223 2 <a2@koko.test>
