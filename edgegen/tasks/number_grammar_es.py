"""Spanish number comparison as a grammar (``number_grammar``), for training alone."""

from edgegen.tasks.number_grammar import Grammar, Scene

_PLACES = (
    ("el sensor 1", "el sensor 2"),
    ("el primer sensor", "el segundo"),
    ("la entrada", "la salida"),
    ("la bomba A", "la bomba B"),
    ("el contador izquierdo", "el derecho"),
    ("el sótano", "el ático"),
    ("ayer", "hoy"),
    ("la línea 3", "la línea 4"),
    ("por la mañana", "por la tarde"),
    ("antes de la reparación", "después"),
    ("la pantalla", "el registro"),
)
_LOADS = (
    ("el paquete rojo", "el azul"),
    ("la caja A", "la caja B"),
    ("el primer saco", "el segundo"),
    ("mi maleta", "la tuya"),
    ("el gato", "el perro"),
    ("la piedra", "el ladrillo"),
    ("el palé 7", "el palé 8"),
    ("la muestra 1", "la muestra 2"),
    ("la entrega del lunes", "la del martes"),
    ("la calabaza", "el melón"),
    ("la bici", "el remolque"),
)
_COLD = (
    ("la cocina", "el pasillo"),
    ("el congelador A", "el congelador B"),
    ("fuera", "dentro"),
    ("ayer", "hoy"),
    ("el sótano", "el tejado"),
    ("el lago", "el aire"),
    ("anoche", "esta noche"),
    ("Burgos", "Cádiz"),
    ("el camión", "el almacén"),
    ("el valle", "la cima"),
    ("el tanque 1", "el tanque 2"),
    ("el sensor 1", "el sensor 2"),
)
_MACHINES = (
    ("el equipo 1", "el equipo 2"),
    ("la pasarela", "la memoria USB"),
    ("mi portátil", "el servidor"),
    ("el nodo A", "el nodo B"),
    ("el banco de pruebas", "la planta"),
    ("el teléfono", "la tableta"),
    ("Ana", "Pablo"),
    ("la cámara 2", "la cámara 3"),
    ("el router viejo", "el nuevo"),
    ("el paquete", "el sistema"),
)
_PAPERS = (
    ("el certificado", "el contrato"),
    ("el primer informe", "el segundo"),
    ("la entrega", "la factura"),
    ("la copia", "el registro"),
    ("el pedido", "la respuesta"),
    ("el archivo A", "el archivo B"),
    ("la licencia 1", "la 2"),
)


def _pairs(great: str, long: str) -> tuple[str, ...]:
    """Cores for two numbers, of which the ``great`` ("mayor") or ``long`` ("más grande") is asked for."""
    words = f"[{great}|{great}|{long}]"
    return (
        f"¿[cuál|qué número|qué valor|cuál de los dos] es {words}[:|,] {{a}} o {{b}}?",
        f"{{a}} o {{b}}[:|,| -] ¿[cuál|qué número] es {words}?",
        f"{{a}}[, | y | / | o | contra ]{{b}}[.|:] ¿[Cuál|Cuál de los dos|Qué número] es [el |]{words}?",
        f"¿cuál es el [número |valor |]{words}[:|,] {{a}} o {{b}}?",
        (
            f"[di|dime|da|dame|nombra|escribe|indica|elige|escoge|encuentra|muestra] el [número |valor |]{words} "
            "[de|entre] {a} y {b}."
        ),
        (
            f"[compara|mira|toma] [los números |los valores |los decimales |]{{a}} y {{b}}[.|:] "
            f"[¿Cuál es {great}?|¿Qué número es "
            f"{great}?|Di cuál es {great}.|Nombra el {great}.|¿Cuál es {long}?]"
        ),
        f"[de|entre] {{a}} y {{b}}, ¿[cuál|qué número] es [el |]{words}?",
        f"¿{{a}} es [realmente |]{words} que {{b}}?",
        f"¿es {{a}} {words} que {{b}} o [al revés|es al revés|no]?",
        f"¿es [verdad|cierto|correcto] que {{a}} es {words} que {{b}}?",
        (
            f"[creo|pienso|alguien dice|el profesor dice|un amigo afirma] que {{a}} es {words} que "
            f"{{b}}. [¿Es cierto?|¿Verdad?|"
            f"¿Qué opinas?|¿Cuál es {great}?]"
        ),
        f"x = {{a}}[,| y|;] y = {{b}}. ¿Qué variable es {words}?",
        (
            f"[hay|aquí van|tenemos] dos [números|valores|resultados|decimales]: {{a}} y {{b}}. "
            f"[¿Cuál es {great}?|Di el {great}.|"
            f"¿Cuál es {long}?]"
        ),
        (
            f"[Ana|Luis|el equipo A|la columna 1] tiene {{a}}, [Eva|Juan|el equipo B|la columna 2] {{b}}. "
            f"¿Qué número es {words}?"
        ),
        f"el [número |]{words} [de|entre] {{a}} y {{b}}[, por favor.|.| es]",
        f"{words}: {{a}} o {{b}}",
        f"{{a}}; {{b}} -> {great}",
        f"si yo tengo {{a}} y tú {{b}}, ¿quién tiene el número {words}?",
        f"¿cuál de los [dos |]números {{a}} y {{b}} es [el |]{words}?",
        f"decide: {{a}} o {{b}}. Busco el {words}.",
    )


_HIGH_ASKS = (
    "¿Qué valor es más alto?",
    "¿Cuál es más alto?",
    "¿Cuál es el valor más alto?",
    "Di el valor más alto.",
    "¿Qué medida es la más alta?",
    "¿Dónde es más alto?",
    "¿Qué nivel es más alto?",
    "¿Qué lectura es la más alta?",
    "Indica el más alto de los dos.",
    "¿Cuál de las lecturas es más alta?",
    "¿Quién marca más?",
    "¿Qué cifra es más alta?",
)
_HEAVY_ASKS = (
    "¿Cuál pesa más?",
    "¿Qué pesa más?",
    "¿Cuál es más pesado?",
    "¿Cuánto pesa lo más pesado?",
    "¿Quién pesa más?",
    "¿Qué carga es más pesada?",
    "¿Cuál es el peso mayor?",
    "¿Qué peso es mayor?",
    "Di el peso del más pesado.",
    "¿Cuál de los dos pesa más?",
    "¿Qué objeto es el más pesado?",
    "Nombra el más pesado.",
)
_COLD_ASKS = (
    "¿Dónde hace más frío?",
    "¿Qué está más frío?",
    "¿Qué temperatura es más baja?",
    "¿Qué lugar es más frío?",
    "¿Cuál es la temperatura más fría?",
    "¿Cuándo hizo más frío?",
    "Di la temperatura más fría.",
    "¿Cuál está más frío?",
    "¿Cuál es más frío?",
    "¿Dónde es más baja la temperatura?",
    "¿Cuál de las dos es más fría?",
)
_NEW_ASKS = (
    "¿Qué versión es más nueva?",
    "¿Cuál es más nueva?",
    "¿Cuál es la más reciente?",
    "Nombra la versión más nueva.",
    "¿Qué versión salió [después|más tarde]?",
    "¿Qué versión es más [reciente|actual]?",
    "¿Cuál es la última versión?",
    "¿Qué versión tiene el número más alto?",
    "¿Quién tiene la versión más nueva?",
    ("¿Qué versión debo instalar para estar al día?"),
    "Di qué versión es más reciente.",
)
_LATE_ASKS = (
    "¿Qué fecha es posterior?",
    "¿Cuál es posterior?",
    "¿Cuál viene [después|más tarde]?",
    "Di la fecha posterior.",
    "¿Cuál es la fecha más [tardía|reciente]?",
    "¿Qué día llega después del otro?",
    "¿Cuál está más en el futuro?",
)

GRAMMAR = Grammar(
    scenes={
        ("larger", "n"): Scene(
            (
                *_pairs("mayor", "más grande"),
                "¿qué es más: {a} o {b}?",
                "¿{a} supera a {b}? Di el mayor.",
                "¿cuál está más a la derecha en la recta numérica, {a} o {b}?",
                "{a} > {b}? ¿Cuál es mayor?",
                "¿[cuál|qué número] [vale más|tiene más valor|tiene el valor más alto]: {a} o {b}?",
            )
        ),
        ("smaller", "n"): Scene(
            (
                *_pairs("menor", "más pequeño"),
                "¿qué es menos: {a} o {b}?",
                "¿{a} está por debajo de {b}? Di el menor.",
                "¿cuál está más a la izquierda en la recta numérica, {a} o {b}?",
                "{a} < {b}? ¿Cuál es menor?",
                "¿[cuál|qué número] [vale menos|tiene menos valor|tiene el valor más bajo]: {a} o {b}?",
            )
        ),
        ("max", "n"): Scene(
            (
                "[di|da|calcula|busca|determina|indica|dime] el máximo [de|entre] {a} y {b}.",
                "¿cuál es el máximo [de|entre] {a} y {b}?",
                "máximo [de|:] {a}; {b}",
                "máx({a}; {b}) = ¿?",
                "el máximo de {a} y {b} es",
                "{a} y {b}: ¿máximo?",
                "[las medidas|los valores|los datos] son {a} y {b}. [¿Cuál es el máximo?|Di el máximo.|¿El pico?]",
                "[di|busca] el valor [máximo|más alto|más grande] de {a} y {b}.",
                "una [serie|lista] contiene {a} y {b}. ¿Cuál es su valor [más grande|máximo|más alto]?",
            )
        ),
        ("min", "n"): Scene(
            (
                "[di|da|calcula|busca|determina|indica|dime] el mínimo [de|entre] {a} y {b}.",
                "¿cuál es el mínimo [de|entre] {a} y {b}?",
                "mínimo [de|:] {a}; {b}",
                "mín({a}; {b}) = ¿?",
                "el mínimo de {a} y {b} es",
                "{a} y {b}: ¿mínimo?",
                "[las medidas|los valores|los datos] son {a} y {b}. [¿Cuál es el mínimo?|Di el mínimo.]",
                "[di|busca] el valor [mínimo|más bajo|más pequeño] de {a} y {b}.",
                "una [serie|lista] contiene {a} y {b}. ¿Cuál es su valor [más pequeño|mínimo|más bajo]?",
            )
        ),
        ("asc", "n"): Scene(
            (
                (
                    "[ordena|clasifica|escribe|coloca] {a} y {b} [en orden ascendente|del más "
                    "pequeño al más grande|empezando por el "
                    "menor|de abajo arriba]."
                ),
                "[orden ascendente|de menor a mayor|el menor primero]: {a}, {b}",
                "¿cuál es el orden ascendente de {a} y {b}?",
                "{a} y {b}, primero el menor.",
            )
        ),
        ("desc", "n"): Scene(
            (
                (
                    "[ordena|clasifica|escribe|coloca] {a} y {b} [en orden descendente|del más "
                    "grande al más pequeño|empezando por el "
                    "mayor|de arriba abajo]."
                ),
                "[orden descendente|de mayor a menor|el mayor primero]: {a}, {b}",
                "¿cuál es el orden descendente de {a} y {b}?",
                "{a} y {b}, primero el mayor.",
            )
        ),
        ("higher", "p"): Scene(
            (
                "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
                "{X} [marca|indica|muestra|mide|da] {A}[,| y|;| pero] {Y} {B}. {Q}",
                "{A} o {B}: {Q}",
                "[compara|mira] {A} y {B}. {Q}",
                "{Q} {X} {A}, {Y} {B}.",
                "[se midió|se leyó|hubo] {A} y [luego|después] {B}. {Q}",
                "¿{A} es más alto que {B}?",
                "de {A} y {B}: {Q}",
            ),
            units=(
                "# bar",
                "# %",
                "# voltios",
                "# V",
                "# kWh",
                "# hPa",
                "# ppm",
                "# dB",
                "# lux",
                "# W",
                "# euros",
                "# por ciento",
            ),
            things=_PLACES,
            asks=_HIGH_ASKS,
        ),
        ("heavier", "p"): Scene(
            (
                "{X} pesa {A}[,| y|;| pero] {Y} [pesa |]{B}. {Q}",
                "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
                "{A} o {B}: {Q}",
                "¿[qué|cuál] pesa más[:|,] {A} o {B}?",
                "[compara|mira] [los pesos |]{A} y {B}. {Q}",
                "[según la balanza|en la balanza] {X} tiene {A} y {Y} {B}. {Q}",
                "{Q} {X} pesa {A}, {Y} {B}.",
                "¿{A} pesan más que {B}?",
                "de {A} y {B}: {Q}",
                "una carga de {A} y otra de {B}. {Q}",
            ),
            units=("# kg", "# kg", "# g", "# t", "# kilos", "# gramos", "# toneladas", "#kg"),
            things=_LOADS,
            asks=_HEAVY_ASKS,
        ),
        ("colder", "t"): Scene(
            (
                "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
                "{X} [está a|marca|tiene] {A}[,| y|;] {Y} [a |]{B}. {Q}",
                "{A} o {B}: {Q}",
                "¿qué es más frío[:|,] {A} o {B}?",
                "¿hace más frío a {A} que a {B}?",
                "[compara|mira] {A} y {B}. {Q}",
                "{Q} {X}: {A}; {Y}: {B}.",
                "el termómetro pasó de {A} a {B}. {Q}",
                "de {A} y {B}: {Q}",
                "aquí hay {A} y allí {B}. {Q}",
                "[hay|había] {A} ({X}) y {B} ({Y}). {Q}",
            ),
            units=("# °C", "# °C", "# grados", "#°C", "# grados Celsius", "#°"),
            things=_COLD,
            asks=_COLD_ASKS,
        ),
        ("newer", "v"): Scene(
            (
                "versión {a} o versión {b}: {Q}",
                "{X} tiene la versión {a}[,| y|;] {Y} [la versión |la ]{b}. {Q}",
                "[de|entre] la versión {a} y la versión {b}: {Q}",
                "versiones {a} y {b}. {Q}",
                "¿la versión {a} es más nueva que la versión {b}?",
                "{X}: versión {a}[, |; |. ]{Y}: versión {b}. {Q}",
                "{Q} {X} usa la versión {a}, {Y} la versión {b}.",
                "[compara|mira|aquí están] las versiones {a} y {b}. {Q}",
                "[ofrecen|veo|existen] la versión {a} y la versión {b}. {Q}",
                "¿qué versión [del programa|del firmware|de la aplicación] es más nueva: {a} o {b}?",
                "versión instalada: {a}. Versión disponible: {b}. {Q}",
                "¿la versión más nueva de {a} y {b}?",
            ),
            things=_MACHINES,
            asks=_NEW_ASKS,
        ),
        ("later", "d"): Scene(
            (
                "{a} o {b}: {Q}",
                "{X} [es del|lleva la fecha] {a}[,| y|;] {Y} [del |]{b}. {Q}",
                "{X}: {a}; {Y}: {b}. {Q}",
                "[de|entre] {a} y {b}: {Q}",
                "[compara|mira] las fechas {a} y {b}. {Q}",
                "¿{a} viene después de {b}? {Q}",
                "{Q} {X}: {a}, {Y}: {b}.",
                "fechas: {a}, {b}. {Q}",
                "¿la fecha posterior de {a} y {b}?",
                "dos cartas son del {a} y del {b}. {Q}",
            ),
            things=_PAPERS,
            asks=_LATE_ASKS,
        ),
    },
    weights={"n": 44, "p": 20, "t": 13, "v": 12, "d": 11},
    openings=(
        "Una pregunta:",
        "Pregunta:",
        "¡Hola!",
        "Hola:",
        "Dime:",
        "Ayúdame:",
        "Pues:",
        "Por favor:",
        "No estoy seguro:",
        "Para mis deberes:",
        "Ejercicio:",
        "Otra más:",
        "Perdona:",
        "Una prueba:",
        "Para el informe:",
        "Siempre lo confundo.",
        "Piénsalo bien:",
        "¡Buenos días!",
    ),
    closings=(
        "¡Gracias!",
        "Gracias.",
        "Explícalo.",
        "Por favor.",
        "Sé exacto.",
        "Responde en español.",
        "Es para un informe.",
        "Piensa.",
        "No adivines.",
        "Basta una respuesta corta.",
        "Es importante.",
        "Respuesta:",
        "Ya no me acuerdo.",
    ),
)
