# Thunderbird 153 reads news: no CAPABILITIES, the second word in lower case, XOVER, and POST behind
# what it reads.
C: MODE READER
S: 200 *
C: AUTHINFO user anna
S: 381 *
C: AUTHINFO pass anna
S: 281 *
C: GROUP koko.test
S: 211 4 1 5 koko.test
C: XOVER 1-5
S: 224 *
S: 1	Subject 1	*
S~ .
C: ARTICLE 1
S: 220 1 <a1@koko.test>
S~ .
C: POST
S: 340 *
C: Date: Mon, 23 Nov 2026 13:59:59 +0000
C: MIME-Version: 1.0
C: User-Agent: Mozilla Thunderbird
C: From: Anna <anna@koko.test>
C: Newsgroups: koko.test
C: Subject: Re: Subject 1
C: References: <a1@koko.test>
C: In-Reply-To: <a1@koko.test>
C: Content-Type: text/plain; charset=UTF-8; format=flowed
C: Content-Transfer-Encoding: 8bit
C:
C: > Body of 1.
C: Danke.
C: .
S: 240 *
