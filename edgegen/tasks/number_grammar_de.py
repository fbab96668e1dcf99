"""German number comparison as a grammar (``number_grammar``), for training alone."""

from edgegen.tasks.number_grammar import Grammar, Scene

_PLACES = (
    ("Sensor 1", "Sensor 2"),
    ("der erste Sensor", "der zweite"),
    ("der Zulauf", "der Ablauf"),
    ("Pumpe A", "Pumpe B"),
    ("der linke Zähler", "der rechte"),
    ("der Keller", "der Speicher"),
    ("gestern", "heute"),
    ("Leitung 3", "Leitung 4"),
    ("morgens", "abends"),
    ("vor der Reparatur", "danach"),
    ("die Anzeige", "das Protokoll"),
    ("Anlage Nord", "Anlage Süd"),
)
_LOADS = (
    ("das rote Paket", "das blaue Paket"),
    ("Kiste A", "Kiste B"),
    ("der erste Sack", "der zweite"),
    ("mein Koffer", "deiner"),
    ("die Katze", "der Hund"),
    ("der Stein", "der Ziegel"),
    ("Palette 7", "Palette 8"),
    ("Probe 1", "Probe 2"),
    ("die Lieferung vom Montag", "die vom Dienstag"),
    ("der Kürbis", "die Melone"),
    ("das Rad", "der Anhänger"),
)
_COLD = (
    ("die Küche", "der Flur"),
    ("Gefrierschrank A", "Gefrierschrank B"),
    ("draußen", "drinnen"),
    ("gestern", "heute"),
    ("der Keller", "das Dach"),
    ("der See", "die Luft"),
    ("letzte Nacht", "diese Nacht"),
    ("Kiel", "Ulm"),
    ("der Lastwagen", "das Lager"),
    ("das Tal", "der Gipfel"),
    ("Tank 1", "Tank 2"),
    ("Sensor 1", "Sensor 2"),
)
_MACHINES = (
    ("Gerät 1", "Gerät 2"),
    ("das Gateway", "der Stick"),
    ("mein Laptop", "der Server"),
    ("Knoten A", "Knoten B"),
    ("der Prüfstand", "das Werk"),
    ("das Telefon", "das Tablet"),
    ("Anna", "Paul"),
    ("Kamera 2", "Kamera 3"),
    ("der alte Router", "der neue Router"),
    ("das Paket", "das System"),
)
_PAPERS = (
    ("das Zertifikat", "der Vertrag"),
    ("der erste Bericht", "der zweite"),
    ("die Lieferung", "die Rechnung"),
    ("die Sicherung", "das Protokoll"),
    ("die Bestellung", "die Antwort"),
    ("Datei A", "Datei B"),
    ("Lizenz 1", "Lizenz 2"),
)


def _pairs(great: str) -> tuple[str, ...]:
    """Cores for two numbers, of which the ``great`` ("größer") is asked for."""
    return (
        f"[was|welche|welche Zahl|welcher Wert|welche von beiden] ist {great}[:|,] {{a}} oder {{b}}?",
        f"{{a}} oder {{b}}[:|,| -|?] [was|welche Zahl|welcher Wert|welche] ist {great}?",
        f"{{a}}[, | und | / | oder | gegen ]{{b}}[.|:] [Welche|Welche Zahl|Was] ist {great}?",
        f"[welche|welches] ist die {great}e [Zahl|von beiden|Dezimalzahl][:|,] {{a}} oder {{b}}?",
        f"welcher ist der {great}e Wert[:|,] {{a}} oder {{b}}?",
        (
            f"[nenne|nenne mir|sag mir|gib|gib mir|schreibe|wähle|zeige|finde|bestimme] die {great}e [Zahl |]"
            "[von|aus] {a} und {b}."
        ),
        f"[nenne|wähle|suche|bestimme] den {great}en [Wert|der Werte|von beiden][:| aus] {{a}} und {{b}}.",
        (
            f"[vergleiche|betrachte|nimm] [die Zahlen |die Werte |]{{a}} und {{b}}[.|:] [Welche ist "
            f"{great}?|Welche Zahl ist "
            f"{great}?|Nenne die {great}e.|Was ist {great}?]"
        ),
        f"[von|unter|aus] {{a}} und {{b}}, [welche|welche Zahl|was] ist {great}?",
        f"ist {{a}} [wirklich |]{great} als {{b}}?",
        f"ist {{a}} {great} als {{b}} oder [umgekehrt|ist es umgekehrt|nicht]?",
        f"[stimmt es|ist es richtig|ist es wahr], dass {{a}} {great} als {{b}} ist?",
        (
            f"[ich glaube|ich denke|jemand sagt|der Lehrer sagt|mein Freund meint], {{a}} sei {great} "
            f"als {{b}}. [Stimmt das?|"
            f"Richtig?|Was meinst du?|Welche Zahl ist {great}?]"
        ),
        f"x = {{a}}[,| und|;] y = {{b}}. [Welche Variable ist {great}?|Welcher Wert ist der {great}e?]",
        (
            f"[hier sind|gegeben sind|es gibt] zwei [Zahlen|Werte|Ergebnisse]: {{a}} und {{b}}. "
            f"[Welche ist {great}?|Nenne "
            f"die {great}e Zahl.|Was ist {great}?]"
        ),
        (
            f"[Anne|Tom|Mannschaft A|die linke Spalte] hat {{a}}, [Jan|Lea|Mannschaft B|die rechte "
            f"Spalte] {{b}}. Welche Zahl "
            f"ist {great}?"
        ),
        f"die {great}e [Zahl |]von {{a}} und {{b}}[, bitte.|?|.| ist]",
        f"{great}: {{a}} oder {{b}}?",
        f"{{a}}; {{b}} -> {great}",
        f"wenn ich {{a}} habe und du {{b}}, wer hat die {great}e Zahl?",
        f"welche der [beiden |]Zahlen {{a}} und {{b}} ist [die |]{great}[e|]?",
        f"entscheide: {{a}} oder {{b}}. Gesucht ist die {great}e Zahl.",
    )


_HIGH_ASKS = (
    "Welcher Wert ist höher?",
    "Was ist höher?",
    "Welcher ist der höhere?",
    "Nenne den höheren Wert.",
    "Welche Messung ist höher?",
    "Wo ist es mehr?",
    "Welches Niveau ist höher?",
    "Welche Anzeige ist die höhere?",
    "Wie hoch ist der höhere Wert?",
    "Gib den höheren der beiden an.",
    "Welcher der beiden Werte ist höher?",
    "Wer zeigt mehr?",
)
_HEAVY_ASKS = (
    "Was ist schwerer?",
    "Welches ist schwerer?",
    "Welcher von beiden ist schwerer?",
    "Wie viel wiegt das Schwerere?",
    "Was wiegt mehr?",
    "Welche Last ist schwerer?",
    "Nenne das größere Gewicht.",
    "Wer ist schwerer?",
    "Welches Gewicht ist das schwerere?",
    "Wie schwer ist das schwerere Stück?",
    "Welches von beiden wiegt mehr?",
    "Gib das Gewicht des Schwereren an.",
)
_COLD_ASKS = (
    "Wo ist es kälter?",
    "Was ist kälter?",
    "Welche Temperatur ist niedriger?",
    "Welcher Ort ist kälter?",
    "Welche Temperatur ist die kältere?",
    "Wann war es kälter?",
    "Nenne die kältere Temperatur.",
    "Welches ist kälter?",
    "Wo ist die Temperatur niedriger?",
    "Welche der beiden Temperaturen ist kälter?",
    "Wie kalt ist es am kälteren Ort?",
    "Wo friert man mehr?",
)
_NEW_ASKS = (
    "Welche Version ist neuer?",
    "Welche ist neuer?",
    "Was ist die neuere Version?",
    "Nenne die neuere Version.",
    "Welche Version kam später [heraus|]?",
    "Welche Version ist [aktueller|die aktuellere]?",
    "Welche ist die neueste Version?",
    "Welche Version hat die höhere Nummer?",
    "Wer hat die neuere Version?",
    ("Welche Version sollte ich installieren, um aktuell zu sein?"),
    "Sag, welche Version neuer ist.",
)
_LATE_ASKS = (
    "Welches Datum ist später?",
    "Welches liegt später?",
    "Was kommt [später|zuletzt]?",
    "Nenne das spätere Datum.",
    "Welches Datum liegt weiter in der Zukunft?",
    "Welcher Tag ist der spätere?",
    "Welches ist das jüngere Datum?",
    "Welcher Tag kommt nach dem anderen?",
)

GRAMMAR = Grammar(
    scenes={
        ("larger", "n"): Scene(
            (
                *_pairs("größer"),
                "was ist mehr: {a} oder {b}?",
                "übersteigt {a} die Zahl {b}? Nenne die größere.",
                "[welche|welche Zahl] liegt weiter rechts auf dem Zahlenstrahl, {a} oder {b}?",
                "{a} > {b}? Welche ist größer?",
                "welche der Zahlen hat den größeren Wert: {a} oder {b}?",
                "was ist die größte [Zahl |]von {a} und {b}?",
            )
        ),
        ("smaller", "n"): Scene(
            (
                *_pairs("kleiner"),
                "was ist weniger: {a} oder {b}?",
                "liegt {a} unter {b}? Nenne die kleinere.",
                "[welche|welche Zahl] liegt weiter links auf dem Zahlenstrahl, {a} oder {b}?",
                "{a} < {b}? Welche ist kleiner?",
                "welche der Zahlen hat den kleineren Wert: {a} oder {b}?",
                "was ist die kleinste [Zahl |]von {a} und {b}?",
            )
        ),
        ("max", "n"): Scene(
            (
                "[was ist|nenne|berechne|finde|bestimme|sag mir] das Maximum [von|aus] {a} und {b}[?|.]",
                "Maximum [von|aus] {a}; {b}",
                "max({a}; {b}) = ?",
                "das Maximum von {a} und {b} ist",
                "{a} und {b}: Maximum?",
                (
                    "[die Messwerte|die Werte|die Daten] sind {a} und {b}. [Was ist das Maximum?|Nenne "
                    "das Maximum.|Der Höchstwert?]"
                ),
                "[nenne|suche] den [größten|höchsten] Wert von {a} und {b}[?|.]",
                "eine [Reihe|Liste] enthält {a} und {b}. Was ist ihr [größter|höchster] Wert?",
            )
        ),
        ("min", "n"): Scene(
            (
                "[was ist|nenne|berechne|finde|bestimme|sag mir] das Minimum [von|aus] {a} und {b}[?|.]",
                "Minimum [von|aus] {a}; {b}",
                "min({a}; {b}) = ?",
                "das Minimum von {a} und {b} ist",
                "{a} und {b}: Minimum?",
                (
                    "[die Messwerte|die Werte|die Daten] sind {a} und {b}. [Was ist das Minimum?|Nenne "
                    "das Minimum.|Der Tiefstwert?]"
                ),
                "[nenne|suche] den [kleinsten|niedrigsten] Wert von {a} und {b}[?|.]",
                "eine [Reihe|Liste] enthält {a} und {b}. Was ist ihr [kleinster|niedrigster] Wert?",
            )
        ),
        ("asc", "n"): Scene(
            (
                (
                    "[sortiere|ordne|schreibe] {a} und {b} [von klein nach groß|der Größe nach, die "
                    "kleinere zuerst|in aufsteigender "
                    "Folge|vom Kleinsten zum Größten]."
                ),
                "[aufsteigend|von klein nach groß|das Kleinste zuerst]: {a}, {b}",
                "[was ist|nenne] die aufsteigende Reihenfolge von {a} und {b}[?|.]",
                "{a} und {b}, die kleinere Zahl zuerst.",
            )
        ),
        ("desc", "n"): Scene(
            (
                (
                    "[sortiere|ordne|schreibe] {a} und {b} [von groß nach klein|der Größe nach, die "
                    "größere zuerst|in absteigender "
                    "Folge|vom Größten zum Kleinsten]."
                ),
                "[absteigend|von groß nach klein|das Größte zuerst]: {a}, {b}",
                "[was ist|nenne] die absteigende Reihenfolge von {a} und {b}[?|.]",
                "{a} und {b}, die größere Zahl zuerst.",
            )
        ),
        ("higher", "p"): Scene(
            (
                "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
                "{X} [zeigt|meldet|misst|hat] {A}[,| und|;| aber] {Y} {B}. {Q}",
                "{A} oder {B}: {Q}",
                "[vergleiche|betrachte] {A} und {B}. {Q}",
                "{Q} {X} {A}, {Y} {B}.",
                "[gemessen wurden|abgelesen wurden|es waren] {A} und [danach|später] {B}. {Q}",
                "ist {A} höher als {B}?",
                "von {A} und {B}: {Q}",
            ),
            units=(
                "# bar",
                "# %",
                "# Volt",
                "# V",
                "# kWh",
                "# hPa",
                "# ppm",
                "# dB",
                "# Lux",
                "# W",
                "# Euro",
                "# Prozent",
            ),
            things=_PLACES,
            asks=_HIGH_ASKS,
        ),
        ("heavier", "p"): Scene(
            (
                "{X} wiegt {A}[,| und|;| aber] {Y} [wiegt |]{B}. {Q}",
                "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
                "{A} oder {B}: {Q}",
                "was ist schwerer[:|,] {A} oder {B}?",
                "[vergleiche|betrachte] [die Gewichte |]{A} und {B}. {Q}",
                "[laut Waage|auf der Waage] hat {X} {A} und {Y} {B}. {Q}",
                "{Q} {X} wiegt {A}, {Y} {B}.",
                "ist {A} schwerer als {B}?",
                "von {A} und {B}: {Q}",
                "eine Last von {A} und eine von {B}. {Q}",
            ),
            units=("# kg", "# kg", "# g", "# t", "# Kilo", "# Gramm", "# Tonnen", "#kg"),
            things=_LOADS,
            asks=_HEAVY_ASKS,
        ),
        ("colder", "t"): Scene(
            (
                "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
                "{X} [hat|zeigt|meldet] {A}[,| und|;] {Y} {B}. {Q}",
                "{A} oder {B}: {Q}",
                "was ist kälter[:|,] {A} oder {B}?",
                "ist es bei {A} kälter als bei {B}?",
                "[vergleiche|betrachte] {A} und {B}. {Q}",
                "{Q} {X}: {A}; {Y}: {B}.",
                "das Thermometer ging von {A} auf {B}. {Q}",
                "von {A} und {B}: {Q}",
                "hier sind es {A}, dort {B}. {Q}",
                "es [sind|waren] {A} ({X}) und {B} ({Y}). {Q}",
            ),
            units=("# °C", "# °C", "# Grad", "#°C", "# Grad Celsius", "#°"),
            things=_COLD,
            asks=_COLD_ASKS,
        ),
        ("newer", "v"): Scene(
            (
                "Version {a} oder Version {b}: {Q}",
                "{X} hat Version {a}[,| und|;] {Y} [Version |]{b}. {Q}",
                "[von|aus] Version {a} und Version {b}: {Q}",
                "Versionen {a} und {b}. {Q}",
                "ist Version {a} neuer als Version {b}?",
                "{X}: Version {a}[, |; |. ]{Y}: Version {b}. {Q}",
                "{Q} {X} nutzt Version {a}, {Y} Version {b}.",
                "[vergleiche|betrachte|hier sind] die Versionen {a} und {b}. {Q}",
                "[angeboten werden|ich sehe|es gibt] Version {a} sowie Version {b}. {Q}",
                "welche [Softwareversion|Firmwareversion] ist neuer: {a} oder {b}?",
                "installierte Version: {a}. Verfügbare Version: {b}. {Q}",
                "die neuere Version von {a} und {b}?",
            ),
            things=_MACHINES,
            asks=_NEW_ASKS,
        ),
        ("later", "d"): Scene(
            (
                "{a} oder {b}: {Q}",
                "{X} [ist vom|trägt das Datum] {a}[,| und|;] {Y} {b}. {Q}",
                "{X}: {a}; {Y}: {b}. {Q}",
                "von {a} und {b}: {Q}",
                "[vergleiche|betrachte] die Daten {a} und {b}. {Q}",
                "liegt {a} nach {b}? {Q}",
                "{Q} {X}: {a}, {Y}: {b}.",
                "Daten: {a}, {b}. {Q}",
                "das spätere Datum von {a} und {b}?",
                "zwei Briefe sind vom {a} und vom {b}. {Q}",
            ),
            things=_PAPERS,
            asks=_LATE_ASKS,
        ),
    },
    weights={"n": 44, "p": 20, "t": 13, "v": 12, "d": 11},
    openings=(
        "Kurze Frage:",
        "Frage:",
        "Hallo!",
        "Hi!",
        "Sag mal:",
        "Hilf mir bitte:",
        "Also:",
        "Eine Frage:",
        "Bitte:",
        "Ich bin unsicher:",
        "Für die Hausaufgaben:",
        "Aufgabe:",
        "Noch eine:",
        "Entschuldigung:",
        "Ein Test:",
        "Für den Bericht:",
        "Ich verwechsle das immer.",
        "Denk gut nach:",
        "Guten Morgen!",
        "Nächste Frage:",
    ),
    closings=(
        "Danke!",
        "Danke.",
        "Erkläre es.",
        "Bitte.",
        "Sei genau.",
        "Antworte auf Deutsch.",
        "Es ist für einen Bericht.",
        "Denk nach.",
        "Nicht raten.",
        "Eine kurze Antwort genügt.",
        "Es ist wichtig.",
        "Antwort:",
        "Ich weiß es nicht mehr.",
        "Begründe es.",
    ),
)
