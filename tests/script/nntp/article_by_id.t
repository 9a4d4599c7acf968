# Outside of the selected group the number is 0.
as bert
C: STAT <a6@koko.test>
S: 223 0 <a6@koko.test>
C: GROUP koko.closed
S: 211 2 1 2 koko.closed
C: STAT <a6@koko.test>
S: 223 2 <a6@koko.test>
C: STAT <a1@koko.test>
S: 223 0 <a1@koko.test>
C: HEAD <a4@koko.test>
S~ Xref: news.koko.test koko.test:4 koko.closed:1
S: .
C: BODY <a4@koko.test>
S: 222 0 <a4@koko.test>
S: Body of 4.
S: ..a dot
S: ...
S: end
S: .
