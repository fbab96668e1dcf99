"""Portuguese number comparison as a grammar (``number_grammar``), for training alone."""

from edgegen.tasks.number_grammar import Grammar, Scene

_PLACES = (
    ("o sensor 1", "o sensor 2"),
    ("o primeiro sensor", "o segundo"),
    ("a entrada", "a saída"),
    ("a bomba A", "a bomba B"),
    ("o medidor da esquerda", "o da direita"),
    ("a adega", "o sótão"),
    ("ontem", "hoje"),
    ("a linha 3", "a linha 4"),
    ("de manhã", "à noite"),
    ("antes do conserto", "depois"),
    ("o visor", "o registro"),
)
_LOADS = (
    ("o pacote vermelho", "o azul"),
    ("a caixa A", "a caixa B"),
    ("o primeiro saco", "o segundo"),
    ("a minha mala", "a sua"),
    ("o gato", "o cão"),
    ("a pedra", "o tijolo"),
    ("o palete 7", "o palete 8"),
    ("a amostra 1", "a amostra 2"),
    ("a entrega de segunda", "a de terça"),
    ("a abóbora", "o melão"),
    ("a bicicleta", "o reboque"),
)
_COLD = (
    ("a cozinha", "o corredor"),
    ("o congelador A", "o congelador B"),
    ("lá fora", "aqui dentro"),
    ("ontem", "hoje"),
    ("a adega", "o telhado"),
    ("o lago", "o ar"),
    ("a noite passada", "esta noite"),
    ("Curitiba", "Recife"),
    ("o caminhão", "o armazém"),
    ("o vale", "o cume"),
    ("o tanque 1", "o tanque 2"),
    ("o sensor 1", "o sensor 2"),
)
_MACHINES = (
    ("o aparelho 1", "o aparelho 2"),
    ("o gateway", "o pendrive"),
    ("o meu portátil", "o servidor"),
    ("o nó A", "o nó B"),
    ("a bancada", "a fábrica"),
    ("o telefone", "o tablet"),
    ("Ana", "Paulo"),
    ("a câmera 2", "a câmera 3"),
    ("o roteador velho", "o novo"),
    ("o pacote", "o sistema"),
)
_PAPERS = (
    ("o certificado", "o contrato"),
    ("o primeiro relatório", "o segundo"),
    ("a entrega", "a fatura"),
    ("a cópia", "o registro"),
    ("o pedido", "a resposta"),
    ("o arquivo A", "o arquivo B"),
    ("a licença 1", "a 2"),
)


def _pairs(great: str, other: str) -> tuple[str, ...]:
    """Cores for two numbers, of which the ``great`` ("maior") is asked for; ``other`` says it too ("mais alto")."""
    words = f"[{great}|{great}|{great}|{other}]"
    return (
        f"[qual|que número|qual número|que valor|qual dos dois] é {words}[:|,] {{a}} ou {{b}}?",
        f"{{a}} ou {{b}}[:|,| -] [qual|que número] é {words}?",
        f"{{a}}[, | e | / | ou | contra ]{{b}}[.|:] [Qual|Qual dos dois|Que número] é [o |]{words}?",
        f"qual é o [número |valor |]{words}[:|,] {{a}} ou {{b}}?",
        (
            f"[diga|diga-me|dê|nomeie|escreva|indique|escolha|encontre|mostre] o [número |valor |]{words} "
            f"[de|entre] {{a}} e {{b}}."
        ),
        (
            f"[compare|veja|tome] [os números |os valores |os decimais |]{{a}} e {{b}}[.|:] [Qual é "
            f"{great}?|Que número é {great}?|"
            f"Diga qual é {great}.|Nomeie o {great}.]"
        ),
        f"[de|entre] {{a}} e {{b}}, [qual|que número] é [o |]{words}?",
        f"{{a}} é [mesmo |]{great} [que|do que] {{b}}?",
        f"{{a}} é {great} que {{b}} ou [ao contrário|é o contrário|não]?",
        f"é [verdade|certo|correto] que {{a}} é {great} que {{b}}?",
        (
            f"[acho|penso|alguém diz|o professor diz|um amigo afirma] que {{a}} é {great} que {{b}}. "
            f"[É verdade?|Certo?|O que acha?|"
            f"Qual é {great}?]"
        ),
        f"x = {{a}}[,| e|;] y = {{b}}. Qual variável é {great}?",
        (
            f"[há|aqui estão|temos] dois [números|valores|resultados|decimais]: {{a}} e {{b}}. [Qual é "
            f"{great}?|Diga o {great}.]"
        ),
        f"[Ana|Luís|a equipe A|a coluna 1] tem {{a}}, [Eva|João|a equipe B|a coluna 2] {{b}}. Que número é {great}?",
        f"o [número |]{words} [de|entre] {{a}} e {{b}}[, por favor.|?|.| é]",
        f"{great}: {{a}} ou {{b}}?",
        f"{{a}}; {{b}} -> {great}",
        f"se eu tenho {{a}} e você {{b}}, quem tem o número {great}?",
        f"qual dos [dois |]números {{a}} e {{b}} é [o |]{words}?",
        f"decida: {{a}} ou {{b}}. Procuro o {great}.",
    )


_HIGH_ASKS = (
    "Qual valor é mais alto?",
    "Qual é mais alto?",
    "Qual é o valor mais alto?",
    "Diga o valor mais alto.",
    "Que medida é a mais alta?",
    "Onde é mais alto?",
    "Que nível é mais alto?",
    "Qual leitura é a mais alta?",
    "Indique o mais alto dos dois.",
    "Qual das leituras é mais alta?",
    "Quem marca mais?",
    "Que valor é o mais elevado?",
)
_HEAVY_ASKS = (
    "Qual pesa mais?",
    "O que pesa mais?",
    "Qual é mais pesado?",
    "Quanto pesa o mais pesado?",
    "Quem pesa mais?",
    "Que carga é mais pesada?",
    "Qual é o peso maior?",
    "Qual peso é maior?",
    "Diga o peso do mais pesado.",
    "Qual dos dois pesa mais?",
    "Que objeto é o mais pesado?",
    "Nomeie o mais pesado.",
)
_COLD_ASKS = (
    "Onde faz mais frio?",
    "O que está mais frio?",
    "Que temperatura é mais baixa?",
    "Que lugar é mais frio?",
    "Qual é a temperatura mais fria?",
    "Quando fez mais frio?",
    "Diga a temperatura mais fria.",
    "Qual está mais frio?",
    "Qual é mais frio?",
    "Onde a temperatura é mais baixa?",
    "Qual das duas é mais fria?",
)
_NEW_ASKS = (
    "Que versão é mais nova?",
    "Qual é mais nova?",
    "Qual é a mais recente?",
    "Nomeie a versão mais nova.",
    "Que versão saiu [depois|mais tarde]?",
    "Que versão é mais [recente|atual]?",
    "Qual é a última versão?",
    "Que versão tem o número mais alto?",
    "Quem tem a versão mais nova?",
    "Que versão devo instalar para estar em dia?",
    "Diga qual versão é mais recente.",
)
_LATE_ASKS = (
    "Que data é posterior?",
    "Qual é posterior?",
    "Qual vem [depois|mais tarde]?",
    "Diga a data posterior.",
    "Qual é a data mais [tardia|recente]?",
    "Que dia vem depois do outro?",
    "Qual fica mais no futuro?",
)

GRAMMAR = Grammar(
    scenes={
        ("larger", "n"): Scene(
            (
                *_pairs("maior", "mais alto"),
                "o que é mais: {a} ou {b}?",
                "{a} ultrapassa {b}? Diga o maior.",
                "qual fica mais à direita na reta numérica, {a} ou {b}?",
                "{a} > {b}? Qual é maior?",
                "[qual|que número] [vale mais|tem mais valor|tem o valor mais alto]: {a} ou {b}?",
            )
        ),
        ("smaller", "n"): Scene(
            (
                *_pairs("menor", "mais baixo"),
                "o que é menos: {a} ou {b}?",
                "{a} está abaixo de {b}? Diga o menor.",
                "qual fica mais à esquerda na reta numérica, {a} ou {b}?",
                "{a} < {b}? Qual é menor?",
                "[qual|que número] [vale menos|tem menos valor|tem o valor mais baixo|é mais pequeno]: {a} ou {b}?",
            )
        ),
        ("max", "n"): Scene(
            (
                "[diga|dê|calcule|ache|determine|indique] o máximo [de|entre] {a} e {b}.",
                "qual é o máximo [de|entre] {a} e {b}?",
                "máximo [de|:] {a}; {b}",
                "máx({a}; {b}) = ?",
                "o máximo de {a} e {b} é",
                "{a} e {b}: máximo?",
                "[as medidas|os valores|os dados] são {a} e {b}. [Qual é o máximo?|Diga o máximo.|O pico?]",
                "[diga|procure] o valor [máximo|mais alto|maior] de {a} e {b}.",
                "uma [série|lista] contém {a} e {b}. Qual é o seu [maior valor|valor máximo|valor mais alto]?",
            )
        ),
        ("min", "n"): Scene(
            (
                "[diga|dê|calcule|ache|determine|indique] o mínimo [de|entre] {a} e {b}.",
                "qual é o mínimo [de|entre] {a} e {b}?",
                "mínimo [de|:] {a}; {b}",
                "mín({a}; {b}) = ?",
                "o mínimo de {a} e {b} é",
                "{a} e {b}: mínimo?",
                "[as medidas|os valores|os dados] são {a} e {b}. [Qual é o mínimo?|Diga o mínimo.]",
                "[diga|procure] o valor [mínimo|mais baixo|menor] de {a} e {b}.",
                "uma [série|lista] contém {a} e {b}. Qual é o seu [menor valor|valor mínimo|valor mais baixo]?",
            )
        ),
        ("asc", "n"): Scene(
            (
                (
                    "[ordene|classifique|escreva|coloque] {a} e {b} [em ordem ascendente|do mais "
                    "baixo ao mais alto|começando pelo "
                    "menor|de baixo para cima]."
                ),
                "[ordem crescente|do menor ao maior|o menor primeiro]: {a}, {b}",
                "qual é a ordem crescente de {a} e {b}?",
                "{a} e {b}, primeiro o menor.",
            )
        ),
        ("desc", "n"): Scene(
            (
                (
                    "[ordene|classifique|escreva|coloque] {a} e {b} [em ordem descendente|do mais "
                    "alto ao mais baixo|começando pelo "
                    "maior|de cima para baixo]."
                ),
                "[ordem decrescente|do maior ao menor|o maior primeiro]: {a}, {b}",
                "qual é a ordem decrescente de {a} e {b}?",
                "{a} e {b}, primeiro o maior.",
            )
        ),
        ("higher", "p"): Scene(
            (
                "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
                "{X} [marca|indica|mostra|mede|dá] {A}[,| e|;| mas] {Y} {B}. {Q}",
                "{A} ou {B}: {Q}",
                "[compare|veja] {A} e {B}. {Q}",
                "{Q} {X} {A}, {Y} {B}.",
                "[mediu-se|leu-se|houve] {A} e [logo|depois] {B}. {Q}",
                "{A} é mais alto do que {B}?",
                "de {A} e {B}: {Q}",
            ),
            units=(
                "# bar",
                "# %",
                "# volts",
                "# V",
                "# kWh",
                "# hPa",
                "# ppm",
                "# dB",
                "# lux",
                "# W",
                "# euros",
                "# reais",
                "# por cento",
            ),
            things=_PLACES,
            asks=_HIGH_ASKS,
        ),
        ("heavier", "p"): Scene(
            (
                "{X} pesa {A}[,| e|;| mas] {Y} [pesa |]{B}. {Q}",
                "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
                "{A} ou {B}: {Q}",
                "[o que|qual] pesa mais[:|,] {A} ou {B}?",
                "[compare|veja] [os pesos |]{A} e {B}. {Q}",
                "[segundo a balança|na balança] {X} tem {A} e {Y} {B}. {Q}",
                "{Q} {X} pesa {A}, {Y} {B}.",
                "{A} pesam mais do que {B}?",
                "de {A} e {B}: {Q}",
                "uma carga de {A} e outra de {B}. {Q}",
            ),
            units=("# kg", "# kg", "# g", "# t", "# quilos", "# gramas", "# toneladas", "#kg"),
            things=_LOADS,
            asks=_HEAVY_ASKS,
        ),
        ("colder", "t"): Scene(
            (
                "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
                "{X} [está a|marca|tem] {A}[,| e|;] {Y} [a |]{B}. {Q}",
                "{A} ou {B}: {Q}",
                "o que é mais frio[:|,] {A} ou {B}?",
                "faz mais frio a {A} do que a {B}?",
                "[compare|veja] {A} e {B}. {Q}",
                "{Q} {X}: {A}; {Y}: {B}.",
                "o termômetro passou de {A} a {B}. {Q}",
                "de {A} e {B}: {Q}",
                "aqui fazem {A} e ali {B}. {Q}",
                "[há|havia] {A} ({X}) e {B} ({Y}). {Q}",
            ),
            units=("# °C", "# °C", "# graus", "#°C", "# graus Celsius", "#°"),
            things=_COLD,
            asks=_COLD_ASKS,
        ),
        ("newer", "v"): Scene(
            (
                "versão {a} ou versão {b}: {Q}",
                "{X} tem a versão {a}[,| e|;] {Y} [a versão |a ]{b}. {Q}",
                "entre a versão {a} e a versão {b}: {Q}",
                "versões {a} e {b}. {Q}",
                "a versão {a} é mais nova do que a versão {b}?",
                "{X}: versão {a}[, |; |. ]{Y}: versão {b}. {Q}",
                "{Q} {X} usa a versão {a}, {Y} a versão {b}.",
                "[compare|veja|aqui estão] as versões {a} e {b}. {Q}",
                "[oferecem|vejo|existem] a versão {a} e a versão {b}. {Q}",
                "que versão [do programa|do firmware|do aplicativo] é mais nova: {a} ou {b}?",
                "versão instalada: {a}. Versão disponível: {b}. {Q}",
                "a versão mais nova de {a} e {b}?",
            ),
            things=_MACHINES,
            asks=_NEW_ASKS,
        ),
        ("later", "d"): Scene(
            (
                "{a} ou {b}: {Q}",
                "{X} [é de|tem a data] {a}[,| e|;] {Y} [de |]{b}. {Q}",
                "{X}: {a}; {Y}: {b}. {Q}",
                "[de|entre] {a} e {b}: {Q}",
                "[compare|veja] as datas {a} e {b}. {Q}",
                "{a} vem depois de {b}? {Q}",
                "{Q} {X}: {a}, {Y}: {b}.",
                "datas: {a}, {b}. {Q}",
                "a data posterior de {a} e {b}?",
                "duas cartas são de {a} e de {b}. {Q}",
            ),
            things=_PAPERS,
            asks=_LATE_ASKS,
        ),
    },
    weights={"n": 44, "p": 20, "t": 13, "v": 12, "d": 11},
    openings=(
        "Uma pergunta:",
        "Pergunta:",
        "Olá!",
        "Oi!",
        "Diga:",
        "Ajude-me:",
        "Então:",
        "Por favor:",
        "Não tenho certeza:",
        "Para o dever de casa:",
        "Exercício:",
        "Mais uma:",
        "Desculpe:",
        "Um teste:",
        "Para o relatório:",
        "Sempre confundo isso.",
        "Pense bem:",
        "Bom dia!",
    ),
    closings=(
        "Obrigado!",
        "Obrigada.",
        "Explique.",
        "Por favor.",
        "Seja exato.",
        "Responda em português.",
        "É para um relatório.",
        "Pense.",
        "Não adivinhe.",
        "Basta uma resposta curta.",
        "É importante.",
        "Resposta:",
        "Já não me lembro.",
    ),
)
