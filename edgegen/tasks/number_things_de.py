"""German wordings about prices, lengths and speeds for training alone."""

from collections.abc import Mapping

from edgegen.tasks.number_grammar import Kind, Scene, Turning

_GOODS = (
    ("Laden A", "Laden B"),
    ("der rote Stift", "der blaue Stift"),
    ("der Markt", "der Supermarkt"),
    ("letzte Woche", "diese Woche"),
    ("die kleine Packung", "die große"),
    ("gebraucht", "neu"),
    ("die Bahn", "der Bus"),
    ("der Tagtarif", "der Nachttarif"),
    ("Marke X", "Marke Y"),
    ("Kaffee", "Tee"),
    ("das Kabel", "der Adapter"),
    ("Angebot 1", "Angebot 2"),
    ("Brot", "Milch"),
)
_MONEY = ("# Euro", "# €", "# EUR", "$#", "# Dollar", "# Franken", "# Euro je Liter", "€ #")
_LONG = (
    ("das erste Kabel", "das zweite"),
    ("das rote Seil", "das grüne"),
    ("Annes Sprung", "Toms Sprung"),
    ("Brett A", "Brett B"),
    ("der Weg am Fluss", "der durch die Stadt"),
    ("das Rohr", "der Stab"),
    ("die Nordwand", "die Westwand"),
    ("der Tisch", "das Regal"),
    ("der alte Schlauch", "der neue"),
    ("Route 1", "Route 2"),
)
_LENGTH = ("# m", "# cm", "# km", "# Meter", "# mm", "# Kilometer", "#m", "# Zoll")
_FAST = (
    ("ein Auto", "das andere"),
    ("der Bus", "die Bahn"),
    ("der Wind am Morgen", "der am Abend"),
    ("Band A", "Band B"),
    ("der erste Läufer", "der zweite"),
    ("Drohne 1", "Drohne 2"),
    ("der Zug", "der Laster"),
    ("Evas Rad", "Jans Rad"),
    ("das Schiff", "das Boot"),
)
_SPEED = ("# km/h", "# m/s", "# Knoten", "# Stundenkilometer", "#km/h", "# Mbit/s")
# Of two things with a quantity; what a scene adds says the verb. {S} is the superlative, "teuerste".
_AT = (
    "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
    "{X} {A}[,| und|;] {Y} {B}. {Q}",
    "{A} oder {B}: {Q}",
    "{Q} {X} {A}, {Y} {B}.",
    "[von|aus] {A} und {B}: {Q}",
    "{A} und {B}. {Q}",
    "{Q} {A} oder {B}",
    "{X} ({A}) oder {Y} ({B}): {Q}",
    "Daten: {X} = {A}; {Y} = {B}. {Q}",
    "{A} [gegen|vs.|gegenüber] {B}. {Q}",
    "zur Wahl stehen {A} und {B}. {Q}",
    "{Q} Das eine: {A}, das andere: {B}.",
    "[was|welches] ist {W}[:|,] {A} oder {B}?",
    "sind {A} {W} als {B}?",
    "von {A} und {B}: [Was ist {W}?|Nenne das {S}.|Das {W}e ist|Was ist am {S}n?]",
    "[nenne|wähle|notiere], was {W} ist: {A} oder {B}.",
    "von diesen beiden, was ist {W}?{AB}",
    "welche dieser Angaben ist [{W}|die {W}e|die {S}]?{AB}",
)
_ASKS = (
    "Was ist {W}?",
    "Welches ist {W}?",
    "Was ist am {S}n?",
    "Welches von beiden ist {W}?",
    "Sag, was {W} ist.",
    "Nenne das {W}e.",
    "Das {W}e?",
    "[Notiere|Wähle|Nenne] das {W}e.",
    "Das {S} ist",
    "Welche Angabe ist {W}?",
    "Ich will das {W}e.",
)
_PAID = (
    "{X} [kostet|verlangt|nimmt] {A}[,| und|;| aber] {Y} {B}. {Q}",
    "{A} oder {B} [zahlen|ausgeben]: {Q}",
    "[ich kann|wir können] {A} oder {B} bezahlen. {Q}",
    "der Preis ging von {A} auf {B}. {Q}",
    "[Angebote|Preise]: {A}; {B}. {Q}",
    "die Rechnung war hier {A} und dort {B}. {Q}",
)
_PAID_ASKS = ("Wo ist es {W}?", "Welcher Preis ist {W}?", "Wann war es {W}?", "Welches Angebot ist {W}?")
_MEASURED = (
    "{X} ist {A} lang[,| und|;| aber] {Y} {B}. {Q}",
    "{X} misst {A}[,| und|;] {Y} [misst |]{B}. {Q}",
    "[Längen|Strecken]: {A}; {B}. {Q}",
    "ein [Rohr|Kabel|Seil] von {A} oder eins von {B}: {Q}",
)
_MEASURED_ASKS = ("Welche Strecke ist {W}?", "Welche Länge ist {W}?", "Wie lang ist das {W}e?", "Welcher Weg ist {W}?")
_DRIVEN = (
    "{X} [fährt|läuft|bewegt sich mit|schafft] {A}[,| und|;] {Y} {B}. {Q}",
    "Tempo: {X} {A}, {Y} {B}. {Q}",
    "Geschwindigkeiten: {A}; {B}. {Q}",
    "der Tacho zeigt {A} und [dann|später] {B}. {Q}",
)
_DRIVEN_ASKS = ("Wer ist {W}?", "Welches Tempo ist {W}?", "Welche Geschwindigkeit ist höher?", "Was fährt {W}?")

# What is asked for in other words than "higher".
MUCH = (
    "die Feuchte: {X} {a} %, {Y} {b} %. [Wo ist es feuchter?|Welcher Ort ist feuchter?|Was ist feuchter?]",
    "der Boden im [Beet|Topf] A hat {a} Prozent, der im [Beet|Topf] B {b} Prozent. Welcher Boden ist feuchter?",
    "der Lärm: {X} {a} dB, {Y} {b} dB. [Wo ist es lauter?|Welcher Ort ist lauter?]",
    "das Licht: {X} {a} Lux, {Y} {b} Lux. [Wo ist es heller?|Welcher Ort ist heller?]",
    "ein Brunnen ist {a} m tief, ein anderer {b} m. Welcher Brunnen ist tiefer?",
    "Anne ist {a} Jahre alt, Jan {b} Jahre. Wer ist älter?",
    "Akku A ist bei {a} %, Akku B bei {b} %. Welcher Akku ist voller?",
    "{X} verbraucht {a} kWh und {Y} {b} kWh. [Was verbraucht mehr?|Wo ist der Verbrauch größer?]",
    "in [einem Tank|einem Eimer] sind {a} Liter und im anderen {b} Liter. Wo ist mehr Wasser?",
    "[gestern|im Mai] fielen {a} mm Regen, [heute|im Juni] {b} mm. Wann regnete es mehr?",
    "ein Turm ist {a} m hoch, ein anderer {b} m. Welcher Turm ist höher?",
    "ein Brett ist {a} mm stark, ein anderes {b} mm. Welches Brett ist dicker?",
    "Tür A ist {a} m breit, Tür B {b} m. Welche Tür ist breiter?",
    "die Blauen haben {a} Punkte, die Grünen {b}. [Wer führt?|Wer hat mehr Punkte?]",
    "{X} zeigt {a} bar, {Y} {b} bar. [Wo ist mehr Druck?|Wo ist der Druck größer?]",
)
# By the opposite kind: whose lines it turns round, with these words replaced in this order.
OPPOSITES: Mapping[Kind, Turning] = {
    ("lower", "p"): (
        ("higher", "p"),
        (
            ("höher", "niedriger"),
            ("höchste", "niedrigste"),
            ("größte", "kleinste"),
            ("liegt {A} über", "liegt {A} unter"),
            ("teurer", "billiger"),
            ("zeigt mehr", "zeigt weniger"),
            ("es mehr", "es weniger"),
            ("feuchter", "trockener"),
            ("lauter", "leiser"),
            ("heller", "dunkler"),
            ("tiefer", "flacher"),
            ("älter", "jünger"),
            ("voller", "leerer"),
            ("verbraucht mehr", "verbraucht weniger"),
            ("größer", "kleiner"),
            ("mehr Wasser", "weniger Wasser"),
            ("dicker", "dünner"),
            ("breiter", "schmaler"),
            ("führt", "liegt hinten"),
            ("mehr Punkte", "weniger Punkte"),
            ("mehr Druck", "weniger Druck"),
        ),
    ),
    ("lighter", "p"): (
        ("heavier", "p"),
        (
            ("schwerer", "leichter"),
            ("Schwerer", "Leichter"),
            ("wiegt mehr", "wiegt weniger"),
            ("größere", "kleinere"),
            ("mehr Gewicht", "weniger Gewicht"),
        ),
    ),
    ("warmer", "t"): (
        ("colder", "t"),
        (
            ("kälter", "wärmer"),
            ("niedriger", "höher"),
            ("niedrigste", "höchste"),
            ("tiefere", "höhere"),
            ("Wie kalt", "Wie warm"),
        ),
    ),
    ("older", "v"): (
        ("newer", "v"),
        (
            ("[aktueller|die aktuellere]", "[veraltet|die veraltete]"),
            ("[neuere|aktuellere]", "[ältere|veraltete]"),
            ("[neuer|aktueller]", "[älter|veraltet]"),
            ("neuere", "ältere"),
            ("neuer", "älter"),
            ("neueste", "älteste"),
            ("später", "früher"),
            ("zuletzt heraus", "zuerst heraus"),
            ("höhere Nummer", "niedrigere Nummer"),
            ("nach der anderen", "vor der anderen"),
            ("installieren, um aktuell zu sein", "ersetzen"),
            ("Nenne die neue.", "Nenne die alte."),
        ),
    ),
    ("earlier", "d"): (
        ("later", "d"),
        (
            ("später", "früher"),
            ("zuletzt", "zuerst"),
            ("weiter in der Zukunft", "weiter in der Vergangenheit"),
            ("jüngere", "ältere"),
            ("nach dem anderen", "vor dem anderen"),
            ("kommt danach", "kommt davor"),
            ("weiter hinten im Kalender", "weiter vorn im Kalender"),
            ("liegt {a} nach {b}", "liegt {a} vor {b}"),
        ),
    ),
}

SCENES = {
    ("more expensive", "p"): Scene(
        (*_AT, *_PAID),
        (("teurer", "teuerste"),),
        _MONEY,
        _GOODS,
        (*_ASKS, *_PAID_ASKS, "Was kostet mehr?", "Welcher Preis ist höher?", "Wo zahle ich mehr?"),
    ),
    ("cheaper", "p"): Scene(
        (*_AT, *_PAID),
        (("billiger", "billigste"), ("günstiger", "günstigste")),
        _MONEY,
        _GOODS,
        (*_ASKS, *_PAID_ASKS, "Was kostet weniger?", "Welcher Preis ist niedriger?", "Wo zahle ich weniger?"),
    ),
    ("longer", "p"): Scene(
        (*_AT, *_MEASURED),
        (("länger", "längste"),),
        _LENGTH,
        _LONG,
        (*_ASKS, *_MEASURED_ASKS, "Was ist weiter?"),
    ),
    ("shorter", "p"): Scene(
        (*_AT, *_MEASURED),
        (("kürzer", "kürzeste"),),
        _LENGTH,
        _LONG,
        (*_ASKS, *_MEASURED_ASKS, "Was ist näher?"),
    ),
    ("faster", "p"): Scene(
        (*_AT, *_DRIVEN),
        (("schneller", "schnellste"),),
        _SPEED,
        _FAST,
        (*_ASKS, *_DRIVEN_ASKS),
    ),
}
