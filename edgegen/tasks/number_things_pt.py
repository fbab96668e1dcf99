"""Portuguese wordings about prices, lengths and speeds for training alone; {S} is feminine."""

from collections.abc import Mapping

from edgegen.tasks.number_grammar import Kind, Scene, Turning

_GOODS = (
    ("a loja A", "a loja B"),
    ("a caneta vermelha", "a caneta azul"),
    ("o mercado", "o supermercado"),
    ("a semana passada", "esta semana"),
    ("o pacote pequeno", "o pacote grande"),
    ("o usado", "o novo"),
    ("o trem", "o ônibus"),
    ("a tarifa diurna", "a noturna"),
    ("a marca X", "a marca Y"),
    ("o café", "o chá"),
    ("o cabo", "o adaptador"),
    ("a primeira oferta", "a segunda"),
    ("o pão", "o leite"),
)
_MONEY = ("# euros", "# €", "R$ #", "# reais", "$#", "# dólares", "# por litro", "# euros o quilo")
_LONG = (
    ("o primeiro cabo", "o segundo"),
    ("a corda vermelha", "a verde"),
    ("o salto da Ana", "o do Luís"),
    ("a tábua A", "a tábua B"),
    ("o caminho do rio", "o da vila"),
    ("o tubo", "a barra"),
    ("a parede norte", "a parede oeste"),
    ("a mesa", "a prateleira"),
    ("a mangueira velha", "a nova"),
    ("a rota 1", "a rota 2"),
)
_LENGTH = ("# m", "# cm", "# km", "# metros", "# mm", "# quilômetros", "#m", "# polegadas")
_FAST = (
    ("um carro", "o outro"),
    ("o ônibus", "o bonde"),
    ("o vento da manhã", "o da noite"),
    ("a esteira A", "a esteira B"),
    ("o primeiro corredor", "o segundo"),
    ("o drone 1", "o drone 2"),
    ("o trem", "o caminhão"),
    ("a bicicleta da Eva", "a do João"),
    ("o navio", "a lancha"),
)
_SPEED = ("# km/h", "# m/s", "# nós", "# quilômetros por hora", "#km/h", "# Mbit/s")
# Of two things with a quantity; what a scene adds says the verb.
_AT = (
    "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
    "{X} {A}[,| e|;] {Y} {B}. {Q}",
    "{A} ou {B}: {Q}",
    "{Q} {X} {A}, {Y} {B}.",
    "[de|entre] {A} e {B}: {Q}",
    "{A} e {B}. {Q}",
    "{Q} {A} ou {B}",
    "entre {X} ({A}) e {Y} ({B}): {Q}",
    "se {X} tem {A} e {Y} {B}: {Q}",
    "dados: {X} = {A}; {Y} = {B}. {Q}",
    "{A} [contra|vs|frente a] {B}. {Q}",
    "há duas [opções|possibilidades], {A} e {B}. {Q}",
    "{Q} Um, {A}; o outro, {B}.",
    "[qual|o que] é {W}[:|,] {A} ou {B}?",
    "{A} é {W} [que|do que] {B}?",
    "[de|entre] {A} e {B}, [qual é [o |]{W}?|diga o {W}.|o {W} é|quanto é o {W}?]",
    "[diga|escolha|anote] o {W}: {A} ou {B}.",
    "{X} ({A}) ou {Y} ({B}), qual é {W}?",
    "destes dois, qual é {W}?{AB}",
    "destas duas medidas, qual é [a |]{S}?{AB}",
)
_ASKS = (
    "Qual é {W}?",
    "Qual é o {W}?",
    "O que é {W}?",
    "Qual dos dois é {W}?",
    "Diga qual é {W}.",
    "Nomeie o {W}.",
    "O {W}?",
    "[Anote|Escreva|Escolha] o {W}.",
    "O {W} é",
    "Qual das duas é {S}?",
    "Quero o {W}.",
)
_PAID = (
    "{X} [custa|vale|está a|sai por|sai a] {A}[,| e|;] {Y} [a |]{B}. {Q}",
    "[pagar|gastar] {A} ou {B}: {Q}",
    "[posso|podemos] pagar {A} ou {B}. {Q}",
    "o preço passou de {A} para {B}. {Q}",
    "[ofertas|preços]: {A}; {B}. {Q}",
    "a conta foi de {A} num lugar e de {B} no outro. {Q}",
)
_PAID_ASKS = ("Onde é {W}?", "Onde sai {W}?", "Que preço é {W}?", "O que sai {W}?", "Que compra é {S}?")
_MEASURED = (
    "{X} mede {A}[,| e|;| mas] {Y} [mede |]{B}. {Q}",
    "{X} tem {A} de comprimento[,| e|;] {Y} {B}. {Q}",
    "[comprimentos|distâncias]: {A}; {B}. {Q}",
    "um [tubo|cabo|sarrafo] de {A} ou um de {B}: {Q}",
)
_MEASURED_ASKS = ("Que medida é {S}?", "Que distância é {S}?", "Quanto mede o {W}?", "Qual caminho é {W}?")
_DRIVEN = (
    "{X} [vai a|corre a|anda a|move-se a] {A}[,| e|;] {Y} a {B}. {Q}",
    "a velocidade d{X} é {A}[,| e|;] a d{Y} {B}. {Q}",
    "velocidades: {A}; {B}. {Q}",
    "o radar marca {A} e [logo|depois] {B}. {Q}",
)
_DRIVEN_ASKS = ("Quem vai {W}?", "Que velocidade é maior?", "Qual vai {W}?", "Quem é {W}?")

# What is asked for in other words than "higher".
MUCH = (
    "a umidade: {X} {a} %, {Y} {b} %. [Onde há mais umidade?|Que lugar está mais úmido?|Qual está mais úmido?]",
    "o solo [do campo|do vaso] A tem {a} por cento e o B {b} por cento. Que solo está mais úmido?",
    "o ruído: {X} {a} dB, {Y} {b} dB. [Onde há mais ruído?|Que lugar é mais barulhento?]",
    "a luz: {X} {a} lux, {Y} {b} lux. [Onde há mais luz?|Que lugar é mais claro?]",
    "um poço tem {a} m e outro {b} m. Que poço é mais fundo?",
    "a Ana tem {a} anos e o Luís {b} anos. Quem é mais velho?",
    "a bateria A está com {a} %, a B com {b} %. Qual bateria está mais cheia?",
    "{X} [consome|gasta] {a} kWh e {Y} {b} kWh. [Quem gasta mais?|Qual consome mais?]",
    "[num tanque|num balde] há {a} litros e noutro {b} litros. Onde há mais água?",
    "[ontem|em maio] choveu {a} mm e [hoje|em junho] {b} mm. Quando choveu mais?",
    "uma torre mede {a} m e outra {b} m. Que torre é mais alta?",
    "uma tábua tem {a} mm e outra {b} mm. Que tábua é mais grossa?",
    "a porta A mede {a} m e a B {b} m. Que porta é mais larga?",
    "[os azuis|os da equipe A] têm {a} pontos e [os verdes|os da B] {b}. [Quem está ganhando?|Quem tem mais pontos?]",
    "{X} dá {a} bar, {Y} {b} bar. [Onde há mais pressão?|Qual tem mais pressão?]",
)
# By the opposite kind: whose lines it turns round, with these words replaced in this order.
OPPOSITES: Mapping[Kind, Turning] = {
    ("lower", "p"): (
        ("higher", "p"),
        (
            ("mais [alta|elevada]", "mais [baixa|reduzida]"),
            ("mais [alto|elevado]", "mais [baixo|reduzido]"),
            ("mais alta", "mais baixa"),
            ("mais alto", "mais baixo"),
            ("mais elevada", "mais baixa"),
            ("mais elevado", "mais baixo"),
            ("maior valor", "menor valor"),
            ("acima de", "abaixo de"),
            ("mais caro", "mais barato"),
            ("marca mais", "marca menos"),
            ("superior", "inferior"),
            ("mais umidade", "menos umidade"),
            ("mais úmido", "mais seco"),
            ("mais ruído", "menos ruído"),
            ("mais barulhento", "mais silencioso"),
            ("mais luz", "menos luz"),
            ("mais claro", "mais escuro"),
            ("mais fundo", "mais raso"),
            ("mais velho", "mais novo"),
            ("mais cheia", "mais vazia"),
            ("gasta mais", "gasta menos"),
            ("consome mais", "consome menos"),
            ("mais água", "menos água"),
            ("choveu mais", "choveu menos"),
            ("mais grossa", "mais fina"),
            ("mais larga", "mais estreita"),
            ("está ganhando", "está perdendo"),
            ("mais pontos", "menos pontos"),
            ("mais pressão", "menos pressão"),
        ),
    ),
    ("lighter", "p"): (
        ("heavier", "p"),
        (
            ("mais pesada", "mais leve"),
            ("mais pesado", "mais leve"),
            ("pesa mais", "pesa menos"),
            ("pesam mais", "pesam menos"),
            ("peso maior", "peso menor"),
            ("peso é maior", "peso é menor"),
            ("peso mais alto", "peso mais baixo"),
            ("peso mais elevado", "peso mais baixo"),
            ("mais peso", "menos peso"),
            ("mais massa", "menos massa"),
        ),
    ),
    ("warmer", "t"): (
        ("colder", "t"),
        (
            ("faz mais frio", "faz mais calor"),
            ("fez mais frio", "fez mais calor"),
            ("passa-se mais frio", "passa-se mais calor"),
            ("passa mais frio", "passa mais calor"),
            ("[baixa|fria]", "[alta|quente]"),
            ("mais fria", "mais quente"),
            ("mais frio", "mais quente"),
            ("mais baixa", "mais alta"),
        ),
    ),
    ("older", "v"): (
        ("newer", "v"),
        (
            ("mais [nova|recente]", "mais [antiga|velha]"),
            ("mais [nova|recente|atual]", "mais [antiga|velha]"),
            ("mais [recente|atual]", "mais [antiga|desatualizada]"),
            ("mais nova", "mais antiga"),
            ("mais recente", "mais antiga"),
            ("mais atual", "mais desatualizada"),
            ("saiu [depois|mais tarde]", "saiu [antes|mais cedo]"),
            ("última versão", "primeira versão"),
            ("número mais alto", "número mais baixo"),
            ("instalar para estar em dia", "substituir"),
            ("saiu por último", "saiu primeiro"),
            ("publicada depois", "publicada antes"),
            ("Diga a nova", "Diga a velha"),
        ),
    ),
    ("earlier", "d"): (
        ("later", "d"),
        (
            ("posterior", "anterior"),
            ("[tardia|recente]", "[antiga|precoce]"),
            ("mais tardia", "mais antiga"),
            ("vem [depois|mais tarde]", "vem [antes|mais cedo]"),
            ("vem depois", "vem antes"),
            ("vem por último", "vem primeiro"),
            ("no futuro", "no passado"),
            ("acontece depois", "acontece antes"),
            ("é mais tarde", "é mais cedo"),
            ("mais à frente no calendário", "mais atrás no calendário"),
        ),
    ),
}

SCENES = {
    ("more expensive", "p"): Scene(
        (*_AT, *_PAID),
        (("mais caro", "mais cara"),),
        _MONEY,
        _GOODS,
        (*_ASKS, *_PAID_ASKS, "O que custa mais?", "Que preço é mais alto?", "Onde pago mais?"),
    ),
    ("cheaper", "p"): Scene(
        (*_AT, *_PAID),
        (("mais barato", "mais barata"), ("mais em conta", "mais em conta")),
        _MONEY,
        _GOODS,
        (*_ASKS, *_PAID_ASKS, "O que custa menos?", "Que preço é mais baixo?", "Onde pago menos?"),
    ),
    ("longer", "p"): Scene(
        (*_AT, *_MEASURED),
        (("mais longo", "mais longa"), ("mais comprido", "mais comprida")),
        _LENGTH,
        _LONG,
        (*_ASKS, *_MEASURED_ASKS, "Qual mede mais?", "Qual fica mais longe?"),
    ),
    ("shorter", "p"): Scene(
        (*_AT, *_MEASURED),
        (("mais curto", "mais curta"),),
        _LENGTH,
        _LONG,
        (*_ASKS, *_MEASURED_ASKS, "Qual mede menos?", "Qual fica mais perto?"),
    ),
    ("faster", "p"): Scene(
        (*_AT, *_DRIVEN),
        (("mais rápido", "mais rápida"), ("mais veloz", "mais veloz")),
        _SPEED,
        _FAST,
        (*_ASKS, *_DRIVEN_ASKS),
    ),
}
