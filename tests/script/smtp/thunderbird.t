# Thunderbird 153 sends an answer: an address literal in EHLO, the initial response of PLAIN, sizes.
C: EHLO [127.0.0.1]
S~ 250 SMTPUTF8
C: AUTH PLAIN AGFubmEAYW5uYQ==
S: 235 *
C: MAIL FROM:<anna@koko.test> BODY=8BITMIME SIZE=1012
S: 250 *
C: RCPT TO:<koko.empty@koko.test>
S: 250 *
C: DATA
S: 354 *
C: Message-ID: <471d47a3-95b1-4ce6-8cf6-3ac518477771@koko.test>
C: Date: Mon, 23 Nov 2026 13:59:59 +0000
C: MIME-Version: 1.0
C: User-Agent: Mozilla Thunderbird
C: Subject: Re: Subject 1
C: Content-Language: en-US
C: To: koko.empty@koko.test
C: References: <a1@koko.test>
C: From: =?UTF-8?Q?Anna_Gr=C3=BCn?= <anna@koko.test>
C: In-Reply-To: <a1@koko.test>
C: Content-Type: text/plain; charset=UTF-8; format=flowed
C: Content-Transfer-Encoding: 8bit
C: 
C: Grüße
C: 
C: > Body of 1.
C: .
S: 250 2.0.0 <471d47a3-95b1-4ce6-8cf6-3ac518477771@koko.test>
C: QUIT
S: 221 *
closed
