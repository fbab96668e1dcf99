"""Spanish wordings about prices, lengths and speeds for training alone; {S} is feminine."""

from collections.abc import Mapping

from edgegen.tasks.number_grammar import Kind, Scene, Turning

_GOODS = (
    ("la tienda A", "la tienda B"),
    ("el boli rojo", "el boli azul"),
    ("el mercado", "el súper"),
    ("la semana pasada", "esta semana"),
    ("el paquete pequeño", "el paquete grande"),
    ("lo usado", "lo nuevo"),
    ("el tren", "el autobús"),
    ("la tarifa de día", "la de noche"),
    ("la marca X", "la marca Y"),
    ("el café", "el té"),
    ("el cable", "el adaptador"),
    ("la primera oferta", "la segunda"),
    ("el pan", "la leche"),
)
_MONEY = ("# euros", "# €", "# EUR", "$#", "# dólares", "# pesos", "# el litro", "# euros el kilo")
_LONG = (
    ("el primer cable", "el segundo"),
    ("la cuerda roja", "la verde"),
    ("el salto de Ana", "el de Luis"),
    ("la tabla A", "la tabla B"),
    ("el camino del río", "el del pueblo"),
    ("el tubo", "la barra"),
    ("la pared norte", "la pared oeste"),
    ("la mesa", "el estante"),
    ("la manguera vieja", "la nueva"),
    ("la ruta 1", "la ruta 2"),
)
_LENGTH = ("# m", "# cm", "# km", "# metros", "# mm", "# kilómetros", "#m", "# pulgadas")
_FAST = (
    ("un coche", "el otro"),
    ("el autobús", "el tranvía"),
    ("el viento de la mañana", "el de la noche"),
    ("la cinta A", "la cinta B"),
    ("el primer corredor", "el segundo"),
    ("el dron 1", "el dron 2"),
    ("el tren", "el camión"),
    ("la bici de Eva", "la de Juan"),
    ("el barco", "la lancha"),
)
_SPEED = ("# km/h", "# m/s", "# nudos", "# kilómetros por hora", "#km/h", "# Mbit/s")
# Of two things with a quantity; what a scene adds says the verb.
_AT = (
    "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
    "{X} {A}[,| y|;] {Y} {B}. {Q}",
    "{A} o {B}: {Q}",
    "{Q} {X} {A}, {Y} {B}.",
    "[de|entre] {A} y {B}: {Q}",
    "{A} y {B}. {Q}",
    "{Q} {A} o {B}",
    "entre {X} ({A}) y {Y} ({B}): {Q}",
    "si {X} tiene {A} y {Y} {B}: {Q}",
    "datos: {X} = {A}; {Y} = {B}. {Q}",
    "{A} [contra|vs|frente a] {B}. {Q}",
    "hay dos [opciones|posibilidades], {A} y {B}. {Q}",
    "{Q} Uno, {A}; el otro, {B}.",
    "¿[Cuál|Qué] es {W}[:|,] {A} o {B}?",
    "¿{A} es {W} que {B}?",
    "[de|entre] {A} y {B}, [¿cuál es [el |]{W}?|di el {W}.|el {W} es|¿cuánto es lo {W}?]",
    "[di|elige|apunta] lo {W}: {A} o {B}.",
    "{X} ({A}) o {Y} ({B}), ¿cuál es {W}?",
    "de estos dos, ¿cuál es {W}?{AB}",
    "de estas dos cifras, ¿cuál es [la |]{S}?{AB}",
)
_ASKS = (
    "¿Cuál es {W}?",
    "¿Cuál es el {W}?",
    "¿Qué es {W}?",
    "¿Cuál de los dos es {W}?",
    "Di cuál es {W}.",
    "Nombra el {W}.",
    "¿El {W}?",
    "[Apunta|Escribe|Elige] el {W}.",
    "Lo {W} es",
    "¿Cuál de las dos es {S}?",
    "Quiero lo {W}.",
)
_PAID = (
    "{X} [cuesta|vale|está a|sale por|sale a] {A}[,| y|;] {Y} [a |]{B}. {Q}",
    "[pagar|gastar] {A} o {B}: {Q}",
    "[puedo|podemos] pagar {A} o {B}. {Q}",
    "el precio pasó de {A} a {B}. {Q}",
    "[ofertas|precios]: {A}; {B}. {Q}",
    "la cuenta fue de {A} en un sitio y de {B} en otro. {Q}",
)
_PAID_ASKS = ("¿Dónde es {W}?", "¿Dónde sale {W}?", "¿Qué precio es {W}?", "¿Qué me sale {W}?", "¿Qué compra es {S}?")
_MEASURED = (
    "{X} mide {A}[,| y|;| pero] {Y} [mide |]{B}. {Q}",
    "{X} tiene {A} de largo[,| y|;] {Y} {B}. {Q}",
    "[longitudes|distancias]: {A}; {B}. {Q}",
    "un [tubo|cable|tablón] de {A} o uno de {B}: {Q}",
)
_MEASURED_ASKS = ("¿Qué medida es {S}?", "¿Qué distancia es {S}?", "¿Cuánto mide el {W}?", "¿Qué camino es {W}?")
_DRIVEN = (
    "{X} [va a|corre a|circula a|se mueve a] {A}[,| y|;] {Y} a {B}. {Q}",
    "velocidad: {X} {A}[,| y|;] {Y} {B}. {Q}",
    "velocidades: {A}; {B}. {Q}",
    "el radar marca {A} y [luego|después] {B}. {Q}",
)
_DRIVEN_ASKS = ("¿Quién va {W}?", "¿Qué velocidad es mayor?", "¿Cuál va {W}?", "¿Quién es {W}?")

# What is asked for in other words than "higher".
MUCH = (
    "la humedad: {X} {a} %, {Y} {b} %. [¿Dónde hay más humedad?|¿Qué sitio está más húmedo?|¿Cuál está más húmedo?]",
    "el suelo [del campo|de la maceta] A tiene {a} por ciento y el B {b} por ciento. ¿Qué suelo está más húmedo?",
    "el ruido: {X} {a} dB, {Y} {b} dB. [¿Dónde hay más ruido?|¿Qué sitio es más ruidoso?]",
    "la luz: {X} {a} lux, {Y} {b} lux. [¿Dónde hay más luz?|¿Qué sitio es más luminoso?]",
    "un pozo tiene {a} m y otro {b} m. ¿Qué pozo es más [profundo|hondo]?",
    "Ana tiene {a} años y Luis {b} años. ¿Quién es mayor?",
    "la batería A está al {a} %, la B al {b} %. ¿Qué batería está más llena?",
    "{X} [consume|gasta] {a} kWh y {Y} {b} kWh. [¿Quién gasta más?|¿Cuál consume más?]",
    "en [un depósito|un cubo] hay {a} litros y en otro {b} litros. ¿Dónde hay más agua?",
    "[ayer|en mayo] llovió {a} mm y [hoy|en junio] {b} mm. ¿Cuándo llovió más?",
    "una torre mide {a} m y otra {b} m. ¿Qué torre es más alta?",
    "una tabla tiene {a} mm y otra {b} mm. ¿Qué tabla es más gruesa?",
    "la puerta A mide {a} m y la B {b} m. ¿Qué puerta es más ancha?",
    "los azules tienen {a} puntos y los verdes {b}. [¿Quién va ganando?|¿Quién tiene más puntos?]",
    "{X} da {a} bar, {Y} {b} bar. [¿Dónde hay más presión?|¿Cuál tiene más presión?]",
)
# By the opposite kind: whose lines it turns round, with these words replaced in this order.
OPPOSITES: Mapping[Kind, Turning] = {
    ("lower", "p"): (
        ("higher", "p"),
        (
            ("más [alta|elevada]", "más [baja|reducida]"),
            ("más [alto|elevado]", "más [bajo|reducido]"),
            ("más alta", "más baja"),
            ("más alto", "más bajo"),
            ("más elevada", "más baja"),
            ("más elevado", "más bajo"),
            ("por encima de", "por debajo de"),
            ("más caro", "más barato"),
            ("marca más", "marca menos"),
            ("mayor valor", "menor valor"),
            ("superior", "inferior"),
            ("más humedad", "menos humedad"),
            ("más húmedo", "más seco"),
            ("más ruido?", "menos ruido?"),
            ("más ruidoso", "más silencioso"),
            ("más luz", "menos luz"),
            ("más luminoso", "más oscuro"),
            ("más [profundo|hondo]", "menos profundo"),
            ("es mayor", "es menor"),
            ("más llena", "más vacía"),
            ("gasta más", "gasta menos"),
            ("consume más", "consume menos"),
            ("más agua", "menos agua"),
            ("llovió más", "llovió menos"),
            ("más gruesa", "más fina"),
            ("más ancha", "más estrecha"),
            ("va ganando", "va perdiendo"),
            ("más puntos", "menos puntos"),
            ("más presión", "menos presión"),
        ),
    ),
    ("lighter", "p"): (
        ("heavier", "p"),
        (
            ("más pesada", "más ligera"),
            ("más pesado", "más ligero"),
            ("pesa más", "pesa menos"),
            ("pesan más", "pesan menos"),
            ("peso mayor", "peso menor"),
            ("peso es mayor", "peso es menor"),
            ("peso más alto", "peso más bajo"),
            ("peso más elevado", "peso más bajo"),
            ("más peso", "menos peso"),
            ("más masa", "menos masa"),
        ),
    ),
    ("warmer", "t"): (
        ("colder", "t"),
        (
            ("ace más frío", "ace más calor"),
            ("hizo más frío", "hizo más calor"),
            ("pasa más frío", "pasa más calor"),
            ("está más frío", "está más caliente"),
            ("[baja|fría]", "[alta|cálida]"),
            ("más fría", "más cálida"),
            ("más frío", "más cálido"),
            ("más baja", "más alta"),
        ),
    ),
    ("older", "v"): (
        ("newer", "v"),
        (
            ("más [nueva|reciente]", "más [antigua|vieja]"),
            ("más [nueva|reciente|actual]", "más [antigua|vieja]"),
            ("más [reciente|actual]", "más [antigua|desfasada]"),
            ("más nueva", "más antigua"),
            ("más reciente", "más antigua"),
            ("más actual", "más desfasada"),
            ("salió [después|más tarde]", "salió [antes|primero]"),
            ("última versión", "primera versión"),
            ("número más alto", "número más bajo"),
            ("instalar para estar al día", "sustituir"),
            ("salió la última", "salió la primera"),
            ("publicó después", "publicó antes"),
            ("Di la nueva", "Di la vieja"),
        ),
    ),
    ("earlier", "d"): (
        ("later", "d"),
        (
            ("posterior", "anterior"),
            ("[tardía|reciente]", "[temprana|antigua]"),
            ("más tardía", "más temprana"),
            ("viene [después|más tarde]", "viene [antes|primero]"),
            ("viene después", "viene antes"),
            ("llega después", "llega antes"),
            ("en el futuro", "en el pasado"),
            ("ocurre después", "ocurre antes"),
            ("viene la última", "viene la primera"),
            ("es más tarde", "es más temprano"),
            ("más adelante en el calendario", "más atrás en el calendario"),
        ),
    ),
}

SCENES = {
    ("more expensive", "p"): Scene(
        (*_AT, *_PAID),
        (("más caro", "más cara"),),
        _MONEY,
        _GOODS,
        (*_ASKS, *_PAID_ASKS, "¿Qué cuesta más?", "¿Qué precio es más alto?", "¿Dónde pago más?"),
    ),
    ("cheaper", "p"): Scene(
        (*_AT, *_PAID),
        (("más barato", "más barata"), ("más económico", "más económica")),
        _MONEY,
        _GOODS,
        (*_ASKS, *_PAID_ASKS, "¿Qué cuesta menos?", "¿Qué precio es más bajo?", "¿Dónde pago menos?"),
    ),
    ("longer", "p"): Scene(
        (*_AT, *_MEASURED),
        (("más largo", "más larga"),),
        _LENGTH,
        _LONG,
        (*_ASKS, *_MEASURED_ASKS, "¿Cuál mide más?", "¿Cuál queda más lejos?"),
    ),
    ("shorter", "p"): Scene(
        (*_AT, *_MEASURED),
        (("más corto", "más corta"),),
        _LENGTH,
        _LONG,
        (*_ASKS, *_MEASURED_ASKS, "¿Cuál mide menos?", "¿Cuál queda más cerca?"),
    ),
    ("faster", "p"): Scene(
        (*_AT, *_DRIVEN),
        (("más rápido", "más rápida"), ("más veloz", "más veloz")),
        _SPEED,
        _FAST,
        (*_ASKS, *_DRIVEN_ASKS),
    ),
}
