"""Words that stand at the top of every list of leaked passwords, Dutch ones among them. Pure data.

Only the words: figures and signs around them, letters written as figures and doubling are seen through by `passwords`.
"""

_WORDS = """
password passwort passw0rd wachtwoord welkom welkomterug geheim geheimpje mijnwachtwoord ditismijnwachtwoord
qwerty qwertyuiop azerty azertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc 1qaz2wsx 1q2w3e4r 1q2w3e4r5t
1q2w3e4r5t6y q1w2e3r4t5 a1b2c3d4e5 1234567890 12345678910 0123456789 9876543210 0987654321 1234554321 1122334455
123123123 1231231234 123456789a 123456789q a123456789 q123456789 1234567891 12345678901 123321123321 147258369
1472583690 iloveyou iloveyou1 ikhouvanjou ikhouvanje lieverd schatje liefje lekker lekkerding knuffel poepje
letmein letmeinnow trustno trustnoone monkey dragon master shadow sunshine princess football baseball basketball
superman batman spiderman starwars pokemon michael jennifer jordan ashley daniel thomas jessica charlie freedom
whatever computer internet samsung google facebook linkedin instagram changeme secret default admin administrator
adminadmin root toor test testtest tester testing login loginlogin user guest welcome welcomeback hello hellohello
amsterdam rotterdam denhaag utrecht eindhoven groningen tilburg almere breda nijmegen enschede haarlem arnhem zaandam
amersfoort apeldoorn maastricht leeuwarden zwolle nederland holland oranje feyenoord ajaxamsterdam ajax psv twente
voetbal hockey tennis school schooljaar docent docenten leraar lerares leerling student studenten onderwijs
basisschool middelbare gastles gastlessen vakantie zomer zomervakantie winter lente herfst voorjaar najaar januari
februari maart april mei juni juli augustus september oktober november december maandag dinsdag woensdag donderdag
vrijdag zaterdag zondag summer spring autumn monday tuesday wednesday thursday friday saturday sunday january february
march june july august october correcthorsebatterystaple correct horse battery staple abcdefgh abcdefghij abc123
abcd1234 abcde12345 abcdef123456 aabbccddee aaaaaaaaaa killer hunter ranger buster soccer harley andrew tigger joshua
pepper ginger matrix mustang access flower cheese summerday butterfly purple orange banana chocolate chocola cookie
appeltaart stroopwafel hagelslag pannenkoek kaas kaaskop fiets fietsen tulpen klompen molen sinterklaas kerstmis
"""
COMMON = frozenset(_WORDS.split())
