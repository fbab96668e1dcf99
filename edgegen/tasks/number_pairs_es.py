"""Spanish wordings about two plain numbers for training alone: the larger, the smaller, an extreme, an order."""

from edgegen.tasks.number_grammar import Scene, with_slot

# One of two numbers: {W} and {S} are what is asked for, {F} is it in the feminine.
_PAIRS = (
    "el {S} de: {a}; {b}",
    "solo uno de ellos, el {W}: {a}; {b}",
    "sin ordenar: [di|da] solo el {W} de {a} y {b}.",
    "¿[Cuál|Qué número|Qué valor|Cuál de los dos|Cuál de ellos] es [{W}|{S}][:|,] {a} o {b}?",
    "{a} o {b}[:|,| -] ¿[cuál|qué número] es [{W}|{S}]?",
    "{a}[, | y | / | o | contra | vs ]{b}[.|:] ¿[Cuál|Cuál de los dos|Qué número] es [el |]{W}?",
    "¿Cuál es el [número |valor |]{S}[:|,] {a} o {b}?",
    (
        "[di|dime|da|dame|nombra|escribe|indica|elige|escoge|encuentra|muestra|devuelve] el [número |valor |]{S} [de|"
        "entre] {a} y {b}."
    ),
    "[diga|deme|indique|escriba|elija|señale|busque] el [número |valor |]{S} [de|entre] {a} y {b}[.|, por favor.]",
    (
        "[compara|mira|toma|observa] [los números |los valores |los decimales |]{a} y {b}[.|:] [¿Cuál es {W}?|¿Qué "
        "número es {W}?|Di cuál es {W}.|Nombra el {S}.]"
    ),
    "[de|entre] {a} y {b}, ¿[cuál|qué número] es [el |]{W}?",
    "[de|entre] {a} y {b}, [di|dame|elige|quédate con|señala|escribe|quiero|necesito] el {W}[.|, por favor.]",
    "[de|entre] {a} y {b}, el {S} es[| ¿cuál?|...]",
    "de los [dos |]números {a} y {b}, [¿cuál es [el |]{W}?|elige el {W}.|dime el {S}.|el {W} es]",
    "entre los [valores|decimales|números] {a} y {b}, [¿cuál es [el |]{W}?|señala el {S}.|indica cuál es {W}.]",
    "del par ({a}; {b}) [quiero|saca|dame|toma] [solo |]el {W}.",
    "de la lista {a}; {b} [quiero|coge|saca|dame] [solo |únicamente |]el {W}.",
    "¿{a} es [realmente |]{W} que {b}?",
    "¿Es {a} {W} que {b} o [al revés|es al revés|no]?",
    "¿Es [verdad|cierto|correcto] que {a} es {W} que {b}?",
    (
        "[creo|pienso|alguien dice|el profesor dice|un amigo afirma|mi hija dice] que {a} es {W} que {b}. [¿Es "
        "cierto?|¿Verdad?|¿Qué opinas?|¿Cuál es {W}?|Compruébalo.]"
    ),
    "{a} es {W} que {b}[, ¿no?|, ¿verdad?|, ¿cierto?|, ¿o no?|, ¿es así?]",
    "verdadero o falso: {a} es {W} que {b}[.|]",
    "¿Será {a} {W} que {b}?",
    "x = {a}[,| y|;] y = {b}. [¿Qué variable es {F}?|¿Cuál es {W}?|Da el valor {S}.]",
    (
        "[hay|aquí van|tenemos|te doy] dos [números|valores|resultados|decimales]: {a} y {b}. [¿Cuál es {W}?|Di el "
        "{W}.|¿Cuál es el {S}?]"
    ),
    "[Ana|Luis|el equipo A|la columna 1] tiene {a}, [Eva|Juan|el equipo B|la columna 2] {b}. ¿Qué número es {W}?",
    "el [número |valor |]{S} [de|entre] {a} y {b}[, por favor.|.| es|, ¿cuál es?]",
    "[{W}|{S}]: {a} o {b}",
    "{a}; {b} -> {W}",
    "si yo tengo {a} y tú {b}, ¿quién tiene el número {W}?",
    "¿Cuál de los [dos |]números {a} y {b} es [el |]{W}?",
    "decide: {a} o {b}. Busco el {W}.",
    (
        "¿[Puedes|Podrías|Puede|Podría] [decirme|indicarme|decir] [cuál es {W}|qué número es {W}|cuál es el {S}][:|"
        ",] {a} o {b}?"
    ),
    (
        "[quiero|quisiera|necesito|me gustaría] saber [cuál es {W}|qué número es {W}|cuál de los dos es {W}][:|,] "
        "{a} o {b}."
    ),
    "[marca|rodea|subraya|selecciona|teclea|apunta] el [número |valor |]{S}: {a}[ o| /|;] {b}.",
    "{a} y {b}. [Di el {W}.|El {W}, por favor.|¿Cuál es el {S}?|¿El {S}?|Necesito el {W}.|Solo quiero el {W}.]",
    "{a} vs {b}: [¿cuál es {W}?|¿el {W}?|¿quién es {W}?]",
    "{a} [comparado con|en comparación con|frente a|respecto a] {b}: [¿cuál es {W}?|¿cuál de ellos es {W}?]",
    "[comparando|al comparar] {a} [con|y] {b}, [¿cuál es {W}?|¿cuál es el {S}?|¿qué número es {W}?|el {W} es]",
    "[compara|compare] {a} [con|y] {b} y [di|escribe|dame|apunta|guarda] [el {W}|el número {S}|cuál es {W}].",
    "si [comparamos|comparo] {a} [con|y] {b}, ¿cuál [es|resulta] {W}?",
    (
        "en [la pizarra|la pantalla|el papel|el cuaderno|el formulario|la tabla] [están|hay|aparecen] {a} y {b}. "
        "[¿Cuál es {W}?|¿Qué número es {W}?|Copia el {W}.|Apunta el {S}.]"
    ),
    "[dos tarjetas|dos etiquetas|dos puertas|dos botones] con {a} y {b}: [¿qué número es {W}?|di el número {S}.]",
    "el alumno A respondió {a} y el alumno B {b}. [¿Qué respuesta es {F}?|¿Quién dio el número {W}?]",
    "la nota de [Rosa|Pedro] es {a} y la de [Marta|Diego] {b}. ¿Qué nota es {F}?",
    "mi calculadora muestra {a}, la suya {b}. ¿Qué [resultado|número] es {W}?",
    "[en la primera fila|en la celda A1] hay {a} y [en la segunda|en la celda B1] {b}. ¿Qué valor es {W}?",
    "A) {a} B) {b}. [¿Cuál es {W}?|Marca el {W}.|Elige el {S}.]",
    "«{a}» o «{b}»: ¿cuál es {W}?",
    'entre "{a}" y "{b}", [¿cuál es {W}?|elige el {W}.]',
    "({a}) o ({b}): ¿cuál es el {W}?",
    "[{a}; {b}]: ¿qué elemento es {W}?",
    "dados a = {a} y b = {b}, [¿cuál es {W}?|determina el {W}.|indica el {S}.|el {W} es]",
    "sean p = {a} y q = {b}. [¿Cuál es {W}?|¿Cuál de ellos es {W}?|Di el {S}.]",
    (
        "[dados|considera|considerando] [los números |los decimales |los valores |]{a} y {b}, [¿cuál es {W}?|di el "
        "{W}.|indica cuál es {W}.]"
    ),
    "¿El {W}? {a} [o|/|vs] {b}",
    "¿{W}? {a} o {b}",
    "[solo|únicamente] el [número |]{S}: {a} o {b}.",
    "responde [solo|únicamente] con el [número |valor |]{S}: {a} o {b}.",
    "[oye|mira|bueno|a ver], {a} o {b}, ¿cuál es [el |]{W}?",
    "en valor, ¿cuál es {W}, {a} o {b}?",
    "dudo entre {a} y {b} y [quiero|necesito] el {W}. [¿Cuál es?|¿Cuál elijo?|¿Cuál de ellos?]",
    "[me quedo con|gana|vale|cuenta] el {S}: ¿{a} o {b}?",
    "uno [es|vale] {a} y el otro {b}. [¿Cuál es {W}?|¿Cuál de los dos es {W}?|Di el {S}.]",
    "[recibí|leí|apunté|calculé] {a} y [luego |]{b}. [¿Cuál es {W}?|¿Qué número es {W}?|¿Cuál es el {S}?]",
    "el marcador dice {a} para los azules y {b} para los verdes. ¿Qué puntuación es {F}?",
    "¿Cuál es el {S} de [los dos|estos números|la pareja]: {a} o {b}?",
    "¿Quién es {W}, {a} o {b}?",
    "de estos dos [números|valores|resultados|datos], ¿cuál es [el |]{W}?{AB}",
    (
        "[elige|apunta|di|marca|copia|dame] el [número|valor|resultado|dato] {S} de [estos dos|los dos siguientes|"
        "esta pareja|los de abajo]{AB}"
    ),
    "¿[Qué|Cuál] [número|valor|resultado|dato] es [el |]{W}?{AB}",
    "¿[Qué|Cuál] [número|valor|resultado|dato] es [el |]{S}[:|,] {a} o {b}?",
    (
        "[para el informe|para la tabla|para la ficha] [necesito|vale|cuenta] el [número|valor|resultado|dato] {S}: "
        "¿{a} o {b}?"
    ),
    "¿Cuál es {W}, {a} o {b}, y [por qué|cómo se ve|cómo lo sabes]?",
    "[explica|di|razona] por qué y cuál es {W}: {a} o {b}.",
    (
        "[la balanza|el contador|la sonda] [marcó|dio|leyó] {a} y [luego|después] {b}. ¿Qué [número|valor|resultado|"
        "dato] es [el |]{W}?"
    ),
    "de las [cifras|cantidades|medidas|lecturas] {a} y {b}, ¿cuál es [la |]{F}?",
    "¿Cuál de las dos [cifras|cantidades|medidas|lecturas] es [la |]{F}[:|,] {a} o {b}?",
    "[di|apunta|elige|escribe] la {F} de [estas|las dos] [cifras|cantidades|medidas|lecturas]{AB}",
    "[a ver|oye|pues|venga], ¿[cuál es {W}|el {W}]?{AB}",
    "¿Son {a} y {b} iguales? [Si no, di|Di|Dime] el {W}.",
)
_MORE = (
    "¿Qué es más: {a} o {b}?",
    "¿{a} supera a {b}? Di el mayor.",
    "¿Cuál está más a la derecha en la recta numérica, {a} o {b}?",
    "{a} > {b}? ¿Cuál es mayor?",
    "¿[Cuál|Qué número] [vale más|tiene más valor|tiene el valor más alto]: {a} o {b}?",
    "¿{a} [está por encima de|rebasa|pasa de] {b}? [¿Cuál es mayor?|Da el mayor.]",
    "¿Quién tiene más, el de {a} o el de {b}?",
    "contando hacia arriba, ¿cuál llega el último: {a} o {b}?",
    "¿Cuál es superior, {a} o {b}?",
    "el número superior entre {a} y {b}[| es|, ¿cuál es?]",
    "de {a} y {b}, ¿cuál es más?",
)
_LESS = (
    "¿Qué es menos: {a} o {b}?",
    "¿{a} está por debajo de {b}? Di el menor.",
    "¿Cuál está más a la izquierda en la recta numérica, {a} o {b}?",
    "{a} < {b}? ¿Cuál es menor?",
    "¿[Cuál|Qué número] [vale menos|tiene menos valor|tiene el valor más bajo]: {a} o {b}?",
    "¿{a} [está por debajo de|se queda corto ante|no llega a] {b}? [¿Cuál es menor?|Da el menor.]",
    "¿Quién tiene menos, el de {a} o el de {b}?",
    "contando hacia arriba, ¿cuál llega primero: {a} o {b}?",
    "¿Cuál es inferior, {a} o {b}?",
    "el número inferior entre {a} y {b}[| es|, ¿cuál es?]",
    "de {a} y {b}, ¿cuál es menos?",
)
_EXTREME = (
    (
        "[di|da|calcula|busca|determina|indica|dime|encuentra|muestra|escribe|devuelve|averigua|obtén] el {W} [de|"
        "entre] {a} y {b}."
    ),
    "[calcule|indique|busque|dígame|determine] el {W} [de|entre] {a} y {b}.",
    "¿Cuál es el {W} [de|entre|de los valores|de los números] {a} y {b}?",
    "¿Cuál [fue|sería] el {W} [de|entre] {a} y {b}?",
    "{W}[:| de|] {a}; {b}",
    "el {W} [de|entre] {a} y {b} es",
    "{a} y {b}: ¿{W}?",
    "{a}; {b} -> {W}",
    (
        "[las medidas|los valores|los datos|los registros|las lecturas] son {a} y {b}. [¿Cuál es el {W}?|Di el {W}.|"
        "¿El {W}?|Indica el {W}.]"
    ),
    "una [serie|lista|tabla|muestra|hoja] contiene {a} y {b}. ¿Cuál es su {W}?",
    "[de|entre] {a} y {b}, [¿cuál es el {W}?|di el {W}.|indica el {W}.|el {W} es|calcula el {W}.]",
    (
        "[de los|entre los] [valores|datos|números|registros] {a} y {b}, [¿cuál es el {W}?|da el {W}.|saca el {W}.|"
        "el {W} es]"
    ),
    "[de la lista|del conjunto|de la serie] {a}; {b}, [¿cuál es el {W}?|di el {W}.|extrae el {W}.]",
    "de las [lecturas|medidas|mediciones] {a} y {b}, [¿cuál es la {F}?|di la {F}.|quiero la {F}.]",
    (
        "[el sensor|el medidor|el registrador|el diario] [dio|marcó|anotó|envió] {a} y {b}. [¿Cuál fue el {W}?|"
        "Registra el {W}.|Di el {W}.|Envía el {W}.]"
    ),
    "[hoy|esta semana|esta noche] se midieron {a} y {b}. [¿Cuál fue el {W}?|El {W} fue|Apunta el {W}.]",
    "[necesito el|quiero el|me falta el|dame solo el] {W} [de|entre] {a} y {b}.",
    "¿[puedes|podrías|puede] [calcular|decirme|darme] el {W} de {a} y {b}?",
    "¿Cuál de los dos es el {W}, {a} o {b}?",
    "¿El {W} es {a} o {b}?",
    "para el [informe|gráfico] necesito el {W}: {a}; {b}",
    "[la lectura|la medida|la medición] {F} [entre|de] {a} y {b}[| es|, ¿cuál es?]",
    "¿Qué lectura es la {F}: {a} o {b}?",
    "datos = [{a}; {b}]. [¿Cuál es el {W}?|{W} = ¿?]",
    "[di|busca|halla|escribe] el valor {S} de {a} y {b}.",
    "¿Cuál es el valor {S} [de|entre|de la lista] {a} y {b}?",
    "tengo dos [notas|muestras|medidas], {a} y {b}; [¿cuál es la {F}?|la {F} es]",
    "con los valores {a} y {b}, el {W} [es|sería]",
    (
        "¿Cuál [es|fue] el [número|valor|resultado|dato] {P} [de|entre|en] [los datos |la serie |las pruebas |las "
        "mediciones |]{a} y {b}?"
    ),
    "¿[Qué|Cuál] [número|valor|resultado|dato] [fue|es|sale] el {P}[:|,] {a} o {b}?",
    "¿Cuál [es|fue] la [cifra|lectura|medida|marca] {F} [de|entre] {a} y {b}?",
    (
        "[di|apunta|copia|busca|saca] el [número|valor|resultado|dato] {P} de [esta lista|este registro|estos datos|"
        "estas dos líneas]{AB}"
    ),
    "[di|apunta|copia|busca] la [cifra|lectura|medida] {F} de [esta lista|este registro|estos datos]{AB}",
    "el {W} de [esta lista|este registro|estos datos|estos dos]{AB}",
    (
        "el [contador|sensor|termómetro|medidor] [leyó|marcó|registró|mandó] {a} y [luego|después] {b}. [¿Cuál fue su "
        "{W}?|¿Qué valor fue el {P}?|¿Cuál fue el {P}?]"
    ),
    "solo un número, sin [ordenar|lista]: el [{P}|{W}] de {a} y {b}.",
    "[para el informe|en el resumen], ¿cuál es el {W}[:|,] {a} o {b}?",
    "de los dos [ensayos|turnos|días|intentos], {a} y {b}, ¿cuál fue el [número|valor|resultado|dato] {P}?",
)
_MAX = (
    "máx({a}; {b}) = ¿?",
    "máx({a}; {b})",
    "=MAX({a}; {b})",
    "max({a}; {b})",
    "[¿Cuál es el pico|¿cuál es el tope|¿dónde está el pico] de {a} y {b}?",
    "dos lecturas, {a} y {b}: [¿el pico?|¿cuál fue el pico?|¿el mayor valor?]",
    "el [pico|récord|tope] [entre|de] {a} y {b} es",
    "[mayor|más alto] valor registrado: ¿{a} o {b}?",
    "¿Hasta dónde [llegó|subió] el valor, con {a} y {b}?",
    "¿Cuán alto es el mayor de los valores {a} y {b}?",
    "¿Hasta cuánto [subió|llegó], si [se leyó|hubo] {a} y {b}?",
    "¿Cuánto fue lo más alto, {a} o {b}?",
    "¿Cuánto fue como mucho, {a} o {b}?",
)
_MIN = (
    "mín({a}; {b}) = ¿?",
    "mín({a}; {b})",
    "=MIN({a}; {b})",
    "min({a}; {b})",
    "[¿Cuál es el punto más bajo|¿cuál es el suelo|¿cuál es el nivel más bajo] de {a} y {b}?",
    "dos lecturas, {a} y {b}: [¿la más baja?|¿cuál fue la más baja?|¿el menor valor?]",
    "el [punto más bajo|valor inferior] [entre|de] {a} y {b} es",
    "[menor|más bajo] valor registrado: ¿{a} o {b}?",
    "¿Hasta dónde [bajó|cayó] el valor, con {a} y {b}?",
    "¿Cuán bajo es el menor de los valores {a} y {b}?",
    "¿Hasta cuánto [bajó|cayó], si [se leyó|hubo] {a} y {b}?",
    "¿Cuánto fue lo más bajo, {a} o {b}?",
    "¿Cuánto fue como poco, {a} o {b}?",
)
# Both in order: {W} begins, {S} ends.
_ORDER = (
    "[los dos|ambos], [de {W} a {S}|del {W} al {S}]: {a}; {b}",
    "a partir del {W}: {a} y {b}, en orden[.|, por favor.]",
    (
        "[ordena|clasifica|escribe|coloca|organiza|lista|pon|dispón|anota] {a} y {b} [[de {W} a {S}|del {W} al {S}]|"
        "empezando por el {W}|a partir del {W}|con el {W} [primero|delante|en primer lugar]|primero el {W} y después "
        "el {S}|comenzando con el {W}]."
    ),
    (
        "[ordene|clasifique|escriba|coloque|enumere|ponga] {a} y {b} [[de {W} a {S}|del {W} al {S}]|empezando por el "
        "{W}|con el {W} primero]."
    ),
    "[[de {W} a {S}|del {W} al {S}]|el {W} primero|primero el {W}|empezando por el {W}|a partir del {W}]: {a}; {b}",
    (
        "[[de {W} a {S}|del {W} al {S}]|empezando por el {W}|a partir del {W}], [ordena|escribe|enumera|organiza|"
        "coloca] [los números |los valores |]{a} y {b}."
    ),
    "[de|con] {a} y {b}, [haz|escribe] una lista [[de {W} a {S}|del {W} al {S}]|que empiece por el {W}].",
    "de {a} y {b}, [escribe|di|enumera] [los dos|ambos], [primero el {W}|el {W} antes|[de {W} a {S}|del {W} al {S}]].",
    "[de los|con los] números {a} y {b}, [da|di|escribe] el orden [de {W} a {S}|del {W} al {S}].",
    "{a} y {b}, primero el {W}.",
    "{a} y {b}[:|,| -] [[de {W} a {S}|del {W} al {S}]|el {W} primero|ordena desde el {W}][.|, por favor.]",
    "{a}; {b} -> [de {W} a {S}|del {W} al {S}]",
    "[{a}; {b}] [de {W} a {S}|del {W} al {S}]",
    "¿Cómo [quedan|se ordenan|quedarían] {a} y {b} [[de {W} a {S}|del {W} al {S}]|empezando por el {W}]?",
    "¿Cuál es el orden de {a} y {b} [[de {W} a {S}|del {W} al {S}]|a partir del {W}|si el {W} va primero]?",
    (
        "¿[puedes|podrías|puede] [ordenar|organizar|enumerar|poner en orden] {a} y {b} [[de {W} a {S}|del {W} al "
        "{S}]|empezando por el {W}]?"
    ),
    (
        "[quiero|necesito|quisiera] {a} y {b} [en orden|ordenados], [[de {W} a {S}|del {W} al {S}]|empezando por el "
        "{W}|el {W} primero]."
    ),
    "primero el {W}, después el {S}: {a} y {b}.",
    "[di|escribe|lee] primero el {W} y luego el {S}: {a}; {b}",
    (
        "coloca el {W} de {a} y {b} [a la izquierda y el {S} a la derecha|delante y el {S} detrás|arriba y el {S} "
        "abajo|al principio y el {S} al final]."
    ),
    (
        "[dos|estos dos] [números|valores|resultados|precios]: {a} y {b}. [Ordénalos|Enuméralos|Escríbelos|"
        "Colócalos] [de {W} a {S}|del {W} al {S}]."
    ),
    (
        "[ordena|organiza|clasifica] [los números|estos números|los valores|los datos|los decimales] [[de {W} a {S}|"
        "del {W} al {S}]|a partir del {W}]: {a}; {b}[.|]"
    ),
    "[orden|lista|secuencia|fila|clasificación] [de {W} a {S}|del {W} al {S}][:| para| de] {a} y {b}",
    "haz un ranking de {a} y {b}, [empezando por el {W}|[de {W} a {S}|del {W} al {S}]|con el {W} a la cabeza].",
    "el profesor quiere {a} y {b} [de {W} a {S}|del {W} al {S}]. [¿Cómo queda?|Escríbelo.|¿Cuál es la secuencia?]",
    (
        "[en la hoja|en el almacén|en la tienda|en la lista] [hay|están] {a} y {b}. [Ordénalos|Enuméralos|Colócalos] "
        "[[de {W} a {S}|del {W} al {S}]|a partir del {W}]."
    ),
    "si [ordeno|ordenamos] {a} y {b} [de {W} a {S}|del {W} al {S}], [¿cómo queda?|¿cuál es la lista?|¿qué sale?]",
    "[ordenar|organizar|enumerar] {a} y {b}: [de {W} a {S}|del {W} al {S}].",
    "¿Quién va primero y quién después, {a} y {b}, [de {W} a {S}|del {W} al {S}]?",
    "alinea {a} y {b}, el {W} delante.",
    "por tamaño, [el {W} primero|empezando por el {W}]: {a}; {b}",
    (
        "[pon|ordena|coloca|escribe|enumera] [estos|los dos|ambos] [números|valores|datos] [con el {W} arriba|con el "
        "{W} al principio|empezando por el {W}|a partir del {W}]{AB}"
    ),
    (
        "[escribe|muestra|apunta|lista|coloca] {a} y {b} con el [valor|número|dato] {W} [arriba|en la primera línea|"
        "al principio|a la cabeza|delante]."
    ),
    "[pon|muestra|coloca] {a} y {b} con el [valor|número|dato] {S} [abajo|al final|en la última línea].",
    (
        "[ordéname|colócame|lístame|enumérame] {a} y {b}[, por favor,|] [del {W} al {S}|empezando por el {W}|con el "
        "{W} primero]."
    ),
    "del [valor|número] {W} al [valor|número] {S}{AB}",
    "[empezando|comenzando] por el [valor|número|dato] {W}, [ordena|escribe|enumera] {a} y {b}.",
    "no solo el {W}: [escribe|ordena|di] los dos, {a} y {b}, [desde el {W}|el {W} primero].",
)
_WAY = (
    "[ordena|clasifica|escribe|coloca|organiza|enumera|pon|dispón] {a} y {b} [en orden|por orden|en sentido] {D}.",
    "[ordene|escriba|ponga|coloque] {a} y {b} en orden {D}.",
    "orden {D}[:| de| para] {a} y {b}[.|, por favor.|]",
    "[¿Cuál es el orden {D} de {a} y {b}?|da el orden {D} de {a} y {b}.|muestra el orden {D} de {a} y {b}.]",
    "en orden {D}: {a}; {b}",
    "{a} y {b}[:|, por favor,| -] [en orden {D}|orden {D}][.|]",
    (
        "[de|de los números|de los valores] {a} y {b}, [da|haz|escribe|quiero] [el orden|la lista en orden|la "
        "secuencia en orden] {D}."
    ),
    "¿[puedes|podrías] [poner|colocar|enumerar|escribir] {a} y {b} en orden {D}?",
    "[necesito|quiero] {a} y {b} en orden {D}.",
    "[ordena|organiza|enumera] [estos números|los valores|los datos] en orden {D}: {a}; {b}",
    "¿Cómo quedan {a} y {b} en orden {D}?",
    "en orden {D}, {a} y {b} [quedan|son|dan]",
    "{D}: {a}; {b}",
)
_UP = (
    "[ordena|escribe|enumera] {a} y {b} [de abajo arriba|del más pequeño al más grande|subiendo].",
    "ordena {a} y {b} de modo que [los valores aumenten|crezcan|vayan subiendo].",
    "sorted([{a}; {b}])",
    "[de menos a más|de menor a mayor]: {a}; {b}",
    "de {a} y {b}, haz una lista de menor a mayor.",
    "[ordena|pon|lista] {a} y {b} [hacia arriba|en subida|de forma ascendente].",
    "[hacia arriba|en subida|subiendo]: {a}; {b}",
    "¿[puedes|podrías] [ordenarlos|ponerlos] [hacia arriba|subiendo]?{AB}",
)
_DOWN = (
    "[ordena|escribe|enumera] {a} y {b} [de arriba abajo|del más grande al más pequeño|bajando].",
    "ordena {a} y {b} de modo que [los valores disminuyan|decrezcan|vayan bajando].",
    "sorted([{a}; {b}], reverse=True)",
    "[de más a menos|de mayor a menor]: {a}; {b}",
    "de {a} y {b}, haz una lista de mayor a menor.",
    "[ordena|pon|lista] {a} y {b} [hacia abajo|en bajada|de forma descendente].",
    "[hacia abajo|en bajada|bajando]: {a}; {b}",
    "¿[puedes|podrías] [ordenarlos|ponerlos] [hacia abajo|bajando]?{AB}",
)


def _extreme(*words: str) -> tuple[str, ...]:
    """Questions for an extreme; {P} and {F} are ``words`` in the masculine and the feminine."""

    def ending(letter: str) -> list[str]:
        return [word if word in ("mayor", "menor", "más grande") else f"{word}{letter}" for word in words]

    return with_slot(with_slot(_EXTREME, "{F}", *ending("a")), "{P}", *ending("o"))


SCENES = {
    ("larger", "n"): Scene(
        (*with_slot(_PAIRS, "{F}", "[mayor|más alta|más grande]"), *_MORE),
        (("mayor", "mayor"), ("mayor", "más grande"), ("más grande", "más grande"), ("más alto", "más elevado")),
    ),
    ("smaller", "n"): Scene(
        (*with_slot(_PAIRS, "{F}", "[menor|más baja|más pequeña]"), *_LESS),
        (("menor", "menor"), ("menor", "más pequeño"), ("más pequeño", "más pequeño"), ("más bajo", "más bajo")),
    ),
    ("max", "n"): Scene(
        (*_extreme("máxim", "más alt", "mayor", "más grande"), *_MAX),
        (
            ("máximo", "máximo"),
            ("máximo", "más alto"),
            ("valor máximo", "más grande"),
            ("valor más alto", "más alto"),
            ("mayor valor", "más elevado"),
        ),
    ),
    ("min", "n"): Scene(
        (*_extreme("mínim", "más baj", "menor", "más pequeñ"), *_MIN),
        (
            ("mínimo", "mínimo"),
            ("mínimo", "más bajo"),
            ("valor mínimo", "más pequeño"),
            ("valor más bajo", "más bajo"),
            ("menor valor", "más bajo"),
        ),
    ),
    ("asc", "n"): Scene(
        (*_ORDER, *with_slot(_WAY, "{D}", "creciente", "ascendente"), *_UP),
        (("menor", "mayor"), ("más pequeño", "más grande"), ("más bajo", "más alto")),
    ),
    ("desc", "n"): Scene(
        (*_ORDER, *with_slot(_WAY, "{D}", "decreciente", "descendente"), *_DOWN),
        (("mayor", "menor"), ("más grande", "más pequeño"), ("más alto", "más bajo")),
    ),
}
