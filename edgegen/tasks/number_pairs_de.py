"""German wordings about two plain numbers for training alone: the larger, the smaller, an extreme, an order."""

from edgegen.tasks.number_grammar import Scene, with_slot

# One of two numbers: {W} and {S} are what is asked for.
_PAIRS = (
    "die {W}e von: {a}; {b}",
    "nur eine der beiden, die {W}e: {a}; {b}",
    "ohne Sortieren: nenne nur die {W}e Zahl von {a} und {b}.",
    "[was|welche|welche Zahl|welcher Wert|welche von beiden] ist {W}[:|,] {a} oder {b}?",
    "{a} oder {b}[:|,| -|?] [was|welche Zahl|welcher Wert|welche] ist {W}?",
    "{a}[, | und | / | oder | gegen | vs. ]{b}[.|:] [Welche|Welche Zahl|Was] ist {W}?",
    "welche ist die {W}e [Zahl|von beiden|Dezimalzahl][:|,] {a} oder {b}?",
    "welcher ist der {W}e Wert[:|,] {a} oder {b}?",
    (
        "[nenne|nenne mir|sag mir|gib mir|zeige mir|schreibe|wähle|zeige|finde|bestimme|notiere] die {W}e [Zahl |"
        "]von {a} und {b}."
    ),
    "[nenne|wähle|suche|bestimme|nimm|gib mir|behalte] den {W}en [Wert|von beiden][:| aus] {a} und {b}.",
    "[nennen Sie|wählen Sie|bestimmen Sie|geben Sie mir|notieren Sie] [bitte |]die {W}e Zahl: {a}[ oder|;] {b}.",
    (
        "[vergleiche|betrachte|nimm] [die Zahlen |die Werte |]{a} und {b}[.|:] [Welche ist {W}?|Welche Zahl ist {W}?|"
        "Nenne die {W}e.|Was ist {W}?]"
    ),
    "[von|unter|aus] {a} und {b}, [welche|welche Zahl|was] ist {W}?",
    (
        "von {a} und {b} [ist welche Zahl {W}?|ist was {W}?|hätte ich gern die {W}e.|will ich nur die {W}e.|nimm die "
        "{W}e.|nenne die {W}e Zahl.|brauche ich die {W}e.]"
    ),
    "von den [beiden |]Zahlen {a} und {b}: [Welche ist {W}?|Welche ist die {W}e?|Nenne die {W}e.|Die {W}e ist]",
    "von den [beiden |]Werten {a} und {b}: [Welcher ist {W}?|Welcher ist der {W}e?|Gib den {W}en an.|Der {W}e ist]",
    "aus dem Paar ({a}; {b}) [brauche ich|nimm|will ich] [nur |]die {W}e Zahl.",
    "aus der Liste {a}; {b} [nimm|wähle|gib mir] [nur |]den {W}en Wert.",
    "ist {a} [wirklich |tatsächlich |]{W} als {b}?",
    "ist {a} {W} als {b} oder [umgekehrt|ist es umgekehrt|nicht|andersherum]?",
    "[stimmt es|ist es richtig|ist es wahr], dass {a} {W} als {b} ist?",
    (
        "[ich glaube|ich denke|jemand sagt|der Lehrer sagt|mein Freund meint|das Handbuch sagt], {a} sei {W} als "
        "{b}. [Stimmt das?|Richtig?|Was meinst du?|Welche Zahl ist {W}?|Prüfe es.]"
    ),
    "{a} ist {W} als {b}[, oder?|, richtig?|, nicht wahr?|, stimmt's?|, ja oder nein?]",
    "wahr oder falsch: {a} ist {W} als {b}[.|]",
    "x = {a}[,| und|;] y = {b}. [Welche Variable ist {W}?|Welcher Wert ist der {W}e?|Gib den {W}en Wert an.]",
    (
        "[hier sind|gegeben sind|es gibt|ich habe] zwei [Zahlen|Werte|Ergebnisse]: {a} und {b}. [Was ist {W}?|Nenne "
        "die {W}e Zahl.|Welche Zahl ist {W}?|Den {W}en Wert bitte.]"
    ),
    (
        "[Anne|Tom|Mannschaft A|die linke Spalte] hat {a}, [Jan|Lea|Mannschaft B|die rechte Spalte] {b}. Welche Zahl "
        "ist {W}?"
    ),
    "die {W}e [Zahl |]von {a} und {b}[, bitte.|?|.| ist]",
    "die {S} [Zahl |]von {a} und {b}[, bitte.|?|.| ist]",
    "was ist die {S} [Zahl |]von {a} und {b}?",
    "{W}: {a} oder {b}?",
    "{a}; {b} -> {W}",
    "wenn ich {a} habe und du {b}, wer hat die {W}e Zahl?",
    "welche der [beiden |]Zahlen {a} und {b} ist [{W}|die {W}e|die {S}]?",
    "welcher der [beiden |]Werte {a} und {b} ist [{W}|der {W}e|der {S}]?",
    "entscheide: {a} oder {b}. Gesucht ist die {W}e Zahl.",
    (
        "[kannst du|können Sie|könntest du|könnten Sie] [mir sagen|sagen|angeben], [was {W} ist|welche Zahl {W} ist|"
        "welcher Wert {W} ist][:|,] {a} oder {b}?"
    ),
    (
        "[ich möchte wissen|ich muss wissen|ich wüsste gern|mich interessiert], [was {W} ist|welche Zahl {W} ist][:|"
        ",] {a} oder {b}."
    ),
    "weißt du, [was|welche Zahl] {W} ist, {a} oder {b}?",
    "[markiere|unterstreiche|umkreise|tippe] die {W}e Zahl: {a}[ oder| /|;] {b}.",
    "{a} und {b}. [Die {W}e, bitte.|Nenne die {W}e.|Die {S}?|Ich brauche die {W}e.|Ich will nur die {W}e Zahl.]",
    "{a} [verglichen mit|im Vergleich zu|gegenüber] {b}: [Was ist {W}?|Welche Zahl ist {W}?|Welcher Wert ist {W}?]",
    "[wenn man|wenn wir] {a} mit {b} [vergleicht|vergleichen], was ist {W}?",
    "vergleiche {a} [mit|und] {b} und [nenne|schreibe|notiere] die {W}e Zahl.",
    "vergleichen Sie {a} [mit|und] {b} und [nennen|notieren] Sie die {W}e Zahl.",
    (
        "[an der Tafel|auf dem Bildschirm|auf dem Blatt|im Heft|auf dem Schild|in der Tabelle] [stehen|sieht man] "
        "{a} und {b}. [Was ist {W}?|Welche Zahl ist {W}?|Notiere die {W}e.|Die {W}e Zahl?]"
    ),
    (
        "[zwei Karten|zwei Etiketten|zwei Türen|zwei Knöpfe] tragen {a} und {b}. [Welche Zahl ist {W}?|Nenne die "
        "{W}e Zahl.]"
    ),
    "Schüler A antwortet {a}, Schüler B {b}. [Welche Antwort ist {W}?|Wer hat die {W}e Zahl?]",
    "[Rosa|Paul] hat {a} Punkte, [Marta|Hugo] {b}. [Welche Punktzahl ist {W}?|Wessen Zahl ist {W}?]",
    "mein Taschenrechner zeigt {a}, deiner {b}. [Welches Ergebnis|Welche Zahl] ist {W}?",
    "in [der ersten Zeile|Zelle A1] steht {a}, in [der zweiten|Zelle B1] {b}. Welcher Wert ist {W}?",
    "A) {a} B) {b}. [Was ist {W}?|Kreuze die {W}e Zahl an.|Wähle den {W}en Wert.]",
    "„{a}“ oder „{b}“: Was ist {W}?",
    'von "{a}" und "{b}" [nimm die {W}e Zahl.|ist welche {W}?]',
    "({a}) oder ({b}): welche Zahl ist {W}?",
    "[{a}; {b}]: Welches Element ist {W}?",
    "sei a = {a} und b = {b}. [Was ist {W}?|Bestimme den {W}en Wert.|Die {W}e der beiden Zahlen ist]",
    "[gegeben|gegeben sind] [die Zahlen |]{a} und {b}; [welche ist {W}?|nenne die {W}e.|gesucht ist die {W}e.]",
    "die {W}e? {a} [oder|/|vs.] {b}",
    "{W}? {a} oder {b}",
    "[nur|bloß] die {W}e Zahl: {a} oder {b}.",
    "antworte nur mit [der {W}en Zahl|dem {W}en Wert]: {a} oder {b}.",
    "[sag mal|hör mal|na|also], {a} oder {b}, [was|welche Zahl] ist {W}?",
    "was ist denn {W}, {a} oder {b}?",
    "dem Wert nach: Was ist {W}, {a} oder {b}?",
    "ich schwanke zwischen {a} und {b}; ich [will|brauche] die {W}e Zahl. [Welche ist es?|Welche nehme ich?|Also?]",
    "[es zählt|es gilt|es gewinnt] die {W}e Zahl: {a} oder {b}?",
    "die eine Zahl ist {a}, die andere {b}. [Welche ist {W}?|Nenne die {W}e.|Die {W}e?]",
    (
        "[ich las|ich bekam|ich notierte|ich rechnete aus:] {a} und [dann |]{b}. [Was ist {W}?|Welche Zahl ist {W}?|"
        "Welche ist die {S}?]"
    ),
    "es steht {a} für Blau und {b} für Grün. Welcher Punktestand ist {W}?",
    "welche Zahl ist {W}, wenn die eine {a} und die andere {b} ist?",
    "der {W}e [Wert |]von {a} und {b}[, bitte.|?| ist]",
    "bei {a} und {b}: welcher Wert ist {W}?",
    "[der {S}|der {W}e] Wert [aus|unter] {a} und {b}[?|, bitte.| ist]",
    "welche [Zahl|Angabe|Messung|davon] ist [{W}|die {W}e]?{AB}",
    "welcher [Wert|Messwert] ist [{W}|der {W}e|der {S}]?{AB}",
    "welches [Ergebnis|Resultat] ist [{W}|das {W}e|das {S}][:|,] {a} oder {b}?",
    (
        "[nenne|notiere|wähle|gib mir] [die {W}e Zahl|den {W}en Wert|das {W}e Ergebnis] [dieser beiden|der folgenden "
        "zwei|von unten]{AB}"
    ),
    "was ist {W}, {a} oder {b}, und [woran sieht man das|wieso|woher weißt du das]?",
    "[erkläre|begründe|sag], was {W} ist: {a} oder {b}.",
    "[ins Protokoll|in die Tabelle|in den Bericht] [kommt|soll|gehört] [die {W}e Zahl|der {W}e Wert]: {a} oder {b}?",
    "[die Waage|der Zähler|die Sonde] zeigte {a} und [dann|später] {b}. [Welcher Wert|Welche Zahl] ist {W}?",
    "welches der Ergebnisse {a} und {b} ist [{W}|das {W}e|das {S}]?",
    "von den [Messungen|Angaben|Größen] {a} und {b}: welche ist [{W}|die {W}e|die {S}]?",
    "[also|hm|so], [was|welche] ist [jetzt |]{W}?{AB}",
    "sind {a} und {b} gleich? [Sonst nenne|Nenne] die {W}e Zahl.",
)
_MORE = (
    "was ist mehr: {a} oder {b}?",
    "übersteigt {a} die Zahl {b}? Nenne die größere.",
    "[welche|welche Zahl] liegt weiter rechts auf dem Zahlenstrahl, {a} oder {b}?",
    "{a} > {b}? Welche ist größer?",
    "welche der Zahlen hat den größeren Wert: {a} oder {b}?",
    "liegt {a} über {b}? [Welche ist größer?|Nenne die größere Zahl.]",
    "wer hat mehr: der mit {a} oder der mit {b}?",
    "[von|aus] {a} und {b}: [Was ist mehr?|Welche Zahl zählt mehr?|Nenne die größte.]",
    "beim Hochzählen: was kommt zuletzt, {a} oder {b}?",
    "ist {a} mehr als {b} oder weniger? Nenne die größere Zahl.",
)
_LESS = (
    "was ist weniger: {a} oder {b}?",
    "liegt {a} unter {b}? Nenne die kleinere.",
    "[welche|welche Zahl] liegt weiter links auf dem Zahlenstrahl, {a} oder {b}?",
    "{a} < {b}? Welche ist kleiner?",
    "welche der Zahlen hat den kleineren Wert: {a} oder {b}?",
    "bleibt {a} unter {b}? [Welche ist kleiner?|Nenne die kleinere Zahl.]",
    "wer hat weniger: der mit {a} oder der mit {b}?",
    "[von|aus] {a} und {b}: [Was ist weniger?|Welche Zahl zählt weniger?|Nenne die kleinste.]",
    "beim Hochzählen: was kommt zuerst, {a} oder {b}?",
    "ist {a} weniger als {b} oder mehr? Nenne die kleinere Zahl.",
    "was ist geringer, {a} oder {b}?",
)
_EXTREME = (
    "[was ist|wie lautet|wo liegt] das {W} [von|aus|der Werte|der Zahlen] {a} und {b}?",
    "[nenne|berechne|finde|bestimme|ermittle|zeige|schreibe|sag mir|gib] das {W} [von|aus|der Werte] {a} und {b}.",
    "[nennen Sie|berechnen Sie|bestimmen Sie|ermitteln Sie] das {W} [von|aus] {a} und {b}[.|, bitte.]",
    "{W}[:| von| aus] {a}; {b}",
    "das {W} [von|aus] {a} und {b} [ist|beträgt|lautet]",
    "{a} und {b}: {W}?",
    "{a}; {b} -> [{W}|{S}er Wert]",
    (
        "[die Messwerte|die Werte|die Daten|die Ablesungen] sind {a} und {b}. [Was ist das {W}?|Nenne das {W}.|Der "
        "{S}e Wert?|{W}?]"
    ),
    (
        "eine [Reihe|Liste|Tabelle|Stichprobe] enthält {a} und {b}. [Was ist ihr {S}er Wert?|Was ist ihr {W}?|Nenne "
        "den {S}en Wert.]"
    ),
    (
        "[von|aus|unter] {a} und {b}: [Was ist das {W}?|Nenne das {W}.|Das {W} ist|Nenne den {S}en Wert.|Welches ist "
        "der {S}e Wert?]"
    ),
    (
        "von den [Werten|Daten|Messungen|Zahlen] {a} und {b} [brauche ich das {W}.|will ich den {S}en Wert.|gib das "
        "{W} an.|notiere den {S}en Wert.]"
    ),
    "aus der [Liste|Reihe|Menge] {a}; {b} [suche das {W}.|gib den {S}en Wert aus.|nimm das {W}.]",
    (
        "[der Sensor|der Zähler|der Logger|das Protokoll] [gab|meldete|zeigte|lieferte] {a} und {b}. [Was war das "
        "{W}?|Notiere das {W}.|Melde den {S}en Wert.|Wie lautet das {W}?]"
    ),
    (
        "[heute|diese Woche|heute Nacht] wurden {a} und {b} gemessen. [Was war das {W}?|Das {W} war|Notiere das {W}.|"
        "Was war der {S}e Wert?]"
    ),
    "[ich brauche|ich will|mir fehlt|gib mir nur] das {W} [von|aus] {a} und {b}.",
    "[kannst du|können Sie] das {W} von {a} und {b} [berechnen|angeben|nennen]?",
    "[nenne|suche|gib] den {S}en Wert [von|aus|unter] {a} und {b}.",
    "welcher Wert ist der {S}e: {a} oder {b}?",
    "welches der beiden ist das {W}, {a} oder {b}?",
    "ist das {W} {a} oder {b}?",
    "für [den Bericht|das Diagramm|den Alarm] brauche ich das {W}: {a}; {b}",
    "der {S}e [Wert|Messwert] [von|aus] {a} und {b}[?| ist|, bitte.]",
    "Daten = [{a}; {b}]. [Was ist das {W}?|{W} = ?]",
    "zwei [Noten|Proben|Messungen]: {a} und {b}. [Was ist das {W}?|Der {S}e Wert ist|Nenne den {S}en Wert.]",
    "bei {a} und {b}: wie groß ist das {W}?",
    "der {S}e Wert der Liste [{a}; {b}]?",
    (
        "was [ist|war] [die {S}e Zahl|der {S}e Wert|das {S}e Ergebnis|der {S}e Stand] [von|aus|unter] [den Daten |"
        "]{a} und {b}?"
    ),
    "welches [Ergebnis|Resultat] [ist|war] das {S}e[:|,] {a} oder {b}?",
    "welche [Zahl|Messung|Ablesung|Angabe] [ist|war] die {S}e[:|,] {a} oder {b}?",
    (
        "[nenne|suche|schreibe|nimm|melde] [die {S}e Zahl|den {S}en Wert|das {S}e Ergebnis] aus [dieser Liste|diesen "
        "Daten|diesem Protokoll|diesen zwei Zeilen]{AB}"
    ),
    "das {W} [dieser Liste|dieser Daten|der beiden|der zwei Zeilen]{AB}",
    (
        "der [Pegel|Sensor|Messer|Logger] [las|zeigte|meldete|schickte] {a} und [dann|später|danach] {b}. [Was war "
        "sein {W}?|Was war der {S}e Stand?|Welcher Wert war der {S}e?]"
    ),
    "nur eine Zahl, nicht [sortieren|ordnen]: [der {S}e Wert|die {S}e Zahl|das {W}] von {a} und {b}.",
    "[für den Bericht|in der Übersicht]: ist das {W} {a} oder {b}?",
    "von den beiden [Tests|Schichten|Tagen|Würfen], {a} und {b}: welches Ergebnis war das {S}e?",
)
_MAX = (
    "max({a}; {b}) = ?",
    "max({a}; {b})",
    "=MAX({a};{b})",
    "[was ist|wo liegt] [der Höchstwert|der Höchststand|die Spitze] [von|aus] {a} und {b}?",
    "[nenne|notiere|melde] den [Höchstwert|Höchststand|Spitzenwert] [von|aus] {a} und {b}.",
    "[Höchstwert|Spitzenwert|Maximalwert][:| von] {a}; {b}",
    "zwei Ablesungen, {a} und {b}: [Höchstwert?|der Spitzenwert?|die höchste?]",
    "wie hoch ist der höchste der Werte {a} und {b}?",
    "bis wohin stieg der Wert, bei {a} und {b}?",
    "der Maximalwert von {a} und {b} [ist|beträgt]",
    "wie hoch [stieg|ging] es, wenn {a} und {b} gelesen wurden?",
    "wie viel war es höchstens, {a} oder {b}?",
    "bis wie hoch kam er mit {a} und {b}?",
)
_MIN = (
    "min({a}; {b}) = ?",
    "min({a}; {b})",
    "=MIN({a};{b})",
    "[was ist|wo liegt] [der Tiefstwert|der Tiefststand|der niedrigste Stand] [von|aus] {a} und {b}?",
    "[nenne|notiere|melde] den [Tiefstwert|Tiefststand|Mindestwert] [von|aus] {a} und {b}.",
    "[Tiefstwert|Mindestwert|Minimalwert][:| von] {a}; {b}",
    "zwei Ablesungen, {a} und {b}: [Tiefstwert?|der Tiefststand?|die niedrigste?]",
    "wie niedrig ist der niedrigste der Werte {a} und {b}?",
    "bis wohin fiel der Wert, bei {a} und {b}?",
    "der Minimalwert von {a} und {b} [ist|beträgt]",
    "wie tief [sank|ging] es, wenn {a} und {b} gelesen wurden?",
    "wie viel war es mindestens, {a} oder {b}?",
    "bis wie tief kam er mit {a} und {b}?",
)
# Both in order: {W} begins, {S} ends. {L} and {M} are their comparatives, {K} and {N} superlatives.
_ORDER = (
    "beide, von {W} nach {S}: {a}; {b}",
    "von {W} nach {S}, [bitte|und zwar beide]: {a} und {b}",
    (
        "[sortiere|ordne|schreibe|liste|reihe] {a} und {b} [von {W} nach {S}|der Größe nach, {W} zuerst|mit dem "
        "{L}en zuerst|beginnend mit dem {L}en|angefangen beim {L}en]."
    ),
    (
        "[sortieren Sie|ordnen Sie|schreiben Sie] {a} und {b} [von {W} nach {S}|beginnend mit dem {L}en|mit dem "
        "{L}en zuerst]."
    ),
    "[von {W} nach {S}|das {L}e zuerst|zuerst das {L}e|beginnend mit dem {L}en]: {a}; {b}",
    (
        "[von {W} nach {S}|beginnend mit dem {L}en|angefangen beim {L}en] [sortiere|ordne|schreibe] [die Zahlen |die "
        "Werte |]{a} und {b}."
    ),
    "[von|mit|aus] {a} und {b} [mach|erstelle|schreibe] eine Liste [von {W} nach {S}|mit dem {L}en Wert zuerst].",
    "von {a} und {b} [nenne|schreibe] beide, [zuerst die {L}e|die {L}e Zahl zuerst|von {W} nach {S}].",
    "von den Zahlen {a} und {b} will ich die Reihenfolge von {W} nach {S}.",
    "{a} und {b}, die {L}e Zahl zuerst.",
    "{a} und {b}[:|,| -] [von {W} nach {S}|das {L}e zuerst|sortiere von {W} nach {S}][.|, bitte.]",
    "{a}; {b} -> von {W} nach {S}",
    "[{a}; {b}] von {W} nach {S}",
    "wie [lautet|ist] die Reihenfolge von {a} und {b} [von {W} nach {S}|bei {W} beginnend|mit der {L}en Zahl zuerst]?",
    "in welcher Reihenfolge stehen {a} und {b}, [von {W} nach {S}|die {L}e Zahl vorn]?",
    (
        "[kannst du|können Sie|könntest du] {a} und {b} [von {W} nach {S}|mit dem {L}en zuerst] [sortieren|ordnen|"
        "auflisten]?"
    ),
    "[ich will|ich brauche|ich hätte gern] {a} und {b} [geordnet, von {W} nach {S}|von {W} nach {S}|{W} vor {S}].",
    "erst die {L}e, dann die {M}e Zahl: {a} und {b}.",
    "[nenne|schreibe|lies] zuerst die {L}e und dann die {M}e Zahl: {a}; {b}",
    (
        "stelle die {L}e der Zahlen {a} und {b} [nach links und die {M}e nach rechts|nach vorn und die {M}e nach "
        "hinten|nach oben und die {M}e nach unten]."
    ),
    "[zwei|hier sind zwei] [Zahlen|Werte|Ergebnisse|Preise]: {a} und {b}. [Sortiere|Ordne|Reihe] sie von {W} nach {S}.",
    "[sortiere|ordne] [die Zahlen|diese Zahlen|die Werte|die Daten|diese Dezimalzahlen] von {W} nach {S}: {a}; {b}[.|]",
    "[Reihenfolge|Liste|Rangfolge] von {W} nach {S}[:| für| bei] {a} und {b}",
    "mach eine Rangliste aus {a} und {b}, [die {L}e Zahl oben|von {W} nach {S}|die {L}e Zahl zuerst].",
    "der Lehrer will {a} und {b} von {W} nach {S}. [Wie sieht das aus?|Schreib es auf.|Wie lautet die Folge?]",
    "[in der Tabelle|im Lager|im Laden|in der Liste] stehen {a} und {b}. [Ordne|Sortiere] sie von {W} nach {S}.",
    "[sortiert man|ordnet man|ordnen wir] {a} und {b} von {W} nach {S}, [was kommt heraus?|wie lautet die Liste?]",
    "{a} und {b} von {W} nach {S} [sortieren|ordnen|auflisten][!|.|, bitte.]",
    "was kommt zuerst und was danach, {a} und {b}, von {W} nach {S}?",
    "der Größe nach, [die {L}e Zahl zuerst|mit der {L}en Zahl vorn]: {a}; {b}",
    "bring {a} und {b} in eine Reihe, die {L}e Zahl vorn.",
    (
        "[ordne|sortiere|schreibe|liste] [diese beiden|die zwei Werte|diese Zahlen] [von {W} nach {S}|mit dem {K}en "
        "Wert oben|angefangen mit dem {K}en]{AB}"
    ),
    (
        "[schreibe|zeige|liste|setze] {a} und {b} mit dem {K}en Wert [vorn|zuerst|am Anfang|in der ersten Zeile|an "
        "der Spitze]."
    ),
    "[schreibe|zeige|liste] {a} und {b} mit der {K}en Zahl [ganz oben|vorn|am Anfang].",
    "[schreibe|zeige|liste] {a} und {b} mit dem {N}en Wert [unten|am Ende|in der letzten Zeile|zuletzt].",
    "[ordne|sortiere] mir {a} und {b}[, bitte,|] [von {W} nach {S}|mit dem {L}en vorn|das {K}e zuerst].",
    "vom {K}en [Wert |]zum {N}en{AB}",
    "nicht nur das {K}e: [sortiere|schreibe|nenne] beide, {a} und {b}, [von {W} nach {S}|das {K}e zuerst].",
    "beginne mit dem {K}en Wert{AB}",
)
_WAY = (
    "[sortiere|ordne|liste|reihe|schreibe] {a} und {b} [{D}|in {D}er Ordnung|in {D}er Folge].",
    "[bringe|setze|bring] {a} und {b} in [eine |]{D}e [Ordnung|Folge].",
    "[sortieren Sie|ordnen Sie] {a} und {b} [{D}|in {D}er Folge].",
    "{D}[ sortiert|e Reihenfolge|e Folge|]: {a}; {b}",
    "[was ist|wie lautet] die {D}e [Reihenfolge|Folge|Ordnung] [von|für] {a} und {b}?",
    "[nenne|zeige|notiere] die {D}e [Reihenfolge|Folge] von {a} und {b}.",
    "{a} und {b}[:|,| -] {D}[?|, bitte.|e Reihenfolge?]",
    "[von|aus] {a} und {b} [bilde|schreibe|brauche ich] die {D}e [Reihenfolge|Folge].",
    "[kannst du|können Sie] {a} und {b} {D} [sortieren|ordnen|auflisten]?",
    "ich [brauche|will] {a} und {b} {D} [sortiert|geordnet].",
    "[sortiere|ordne] [diese Zahlen|die Werte|die Daten] {D}: {a}; {b}",
    "{a} und {b} {D} [sortieren|ordnen|auflisten][!|.|, bitte.]",
    "wie sehen {a} und {b} {D} sortiert aus?",
)
_UP = (
    "sorted([{a}; {b}])",
    "[sortiere|ordne] {a} und {b} so, dass die Werte [steigen|wachsen|zunehmen].",
    "[vom Kleinsten zum Größten|von unten nach oben|von niedrig nach hoch]: {a}; {b}",
    "[ordne|sortiere] {a} und {b} [von niedrig nach hoch|von unten nach oben|mit wachsendem Wert].",
    "[sortiere|ordne|liste] {a} und {b} [nach oben|ansteigend|wachsend|von unten her].",
    "[ansteigend|nach oben|von unten nach oben], bitte{AB}",
)
_DOWN = (
    "sorted([{a}; {b}], reverse=True)",
    "[sortiere|ordne] {a} und {b} so, dass die Werte [fallen|sinken|abnehmen].",
    "[vom Größten zum Kleinsten|von oben nach unten|von hoch nach niedrig]: {a}; {b}",
    "[ordne|sortiere] {a} und {b} [von hoch nach niedrig|von oben nach unten|mit sinkendem Wert].",
    "[sortiere|ordne|liste] {a} und {b} [nach unten|abfallend|fallend|von oben her].",
    "[abfallend|nach unten|von oben nach unten], bitte{AB}",
)


def _order(first: str, least: str, last: str, most: str) -> tuple[str, ...]:
    """Orders that begin with the ``first`` ("kleiner", "kleinst")."""
    words = (("{L}", first), ("{K}", least), ("{M}", last), ("{N}", most))
    lines: tuple[str, ...] = _ORDER
    for slot, word in words:
        lines = with_slot(lines, slot, word)
    return lines


SCENES = {
    ("larger", "n"): Scene(
        (*_PAIRS, *_MORE), (("größer", "größte"), ("größer", "größte"), ("größer", "größte"), ("höher", "höchste"))
    ),
    ("smaller", "n"): Scene(
        (*_PAIRS, *_LESS),
        (("kleiner", "kleinste"), ("kleiner", "kleinste"), ("kleiner", "kleinste"), ("niedriger", "niedrigste")),
    ),
    ("max", "n"): Scene((*_EXTREME, *_MAX), (("Maximum", "größt"), ("Maximum", "höchst"))),
    ("min", "n"): Scene((*_EXTREME, *_MIN), (("Minimum", "kleinst"), ("Minimum", "niedrigst"))),
    ("asc", "n"): Scene(
        (
            *_order("kleiner", "kleinst", "größer", "größt"),
            *with_slot(_WAY, "{D}", "[aufsteigend|aufsteigend|steigend]"),
            *_UP,
        ),
        (("klein", "groß"),),
    ),
    ("desc", "n"): Scene(
        (
            *_order("größer", "größt", "kleiner", "kleinst"),
            *with_slot(_WAY, "{D}", "[absteigend|absteigend|fallend]"),
            *_DOWN,
        ),
        (("groß", "klein"),),
    ),
}
