# RFC 5321 section 4.3.1
set greeting
S: 220 news.koko.test ESMTP kokod ready
open
