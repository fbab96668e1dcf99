"""Portuguese wordings about two plain numbers for training alone: the larger, the smaller, an extreme, an order."""

from edgegen.tasks.number_grammar import Scene, with_slot

# One of two numbers: {W} and {S} are what is asked for, {F} is it in the feminine.
_PAIRS = (
    "o {S} de: {a}; {b}",
    "[só um|apenas um] deles, o {W}: {a}; {b}",
    "sem ordenar: [diga|dê] só o {W} de {a} e {b}.",
    "[qual|que número|qual número|que valor|qual dos dois] é [{W}|{S}][:|,] {a} ou {b}?",
    "{a} ou {b}[:|,| -] [qual|que número] é [{W}|{S}]?",
    "{a}[, | e | / | ou | contra ]{b}[.|:] [Qual|Qual dos dois|Que número] é [o |]{W}?",
    "qual é o [número |valor |]{S}[:|,] {a} ou {b}?",
    "[diga|diga-me|dê|nomeie|escreva|indique|escolha|encontre|mostre] o [número |valor |]{S} [de|entre] {a} e {b}.",
    (
        "[compare|veja|tome] [os números |os valores |os decimais |]{a} e {b}[.|:] [Qual é {W}?|Que número é {W}?|"
        "Diga qual é {W}.|Nomeie o {W}.]"
    ),
    "[de|entre] {a} e {b}, [qual|que número] é [o |]{W}?",
    "{a} é [mesmo |]{W} [que|do que] {b}?",
    "{a} é {W} que {b} ou [ao contrário|é o contrário|não]?",
    "é [verdade|certo|correto] que {a} é {W} que {b}?",
    (
        "[acho|penso|alguém diz|o professor diz|um amigo afirma] que {a} é {W} que {b}. [É verdade?|Certo?|O que "
        "acha?|Qual é {W}?]"
    ),
    "x = {a}[,| e|;] y = {b}. [Qual variável é {F}?|Indique a variável {F}.]",
    "[há|aqui estão|temos] dois [números|valores|resultados|decimais]: {a} e {b}. [Qual é {W}?|Diga o {W}.]",
    "[Ana|Luís|a equipe A|a coluna 1] tem {a}, [Eva|João|a equipe B|a coluna 2] {b}. Que número é {W}?",
    "o [número |]{S} [de|entre] {a} e {b}[, por favor.|?|.| é]",
    "{W}: {a} ou {b}?",
    "{a}; {b} -> {W}",
    "se eu tenho {a} e você {b}, quem tem o número {W}?",
    "qual dos [dois |]números {a} e {b} é [o |]{W}?",
    "decida: {a} ou {b}. Procuro o {W}.",
    "[o que|quem] é {W}, {a} ou {b}?",
    "qual [deles|destes|desses dois|destes dois números] é [o |]{W}: {a} ou {b}?",
    "[dos|de entre os|entre os] dois números {a} e {b}, qual é [o |]{W}?",
    "[dos|entre os] números {a} e {b}, [diga|indique|escolha|aponte|escreva] o {W}.",
    "[de|entre] {a} e {b}, [diga|dê|indique|escolha|fique com|aponte|escreva|quero] o {W}[.|, por favor.]",
    "[de|entre] {a} e {b}, o {S} é[| qual?|...]",
    "[dos|entre os] valores {a} e {b}, [o {S} é|qual é o {S}?|mostre o {S}.]",
    "do par ({a}; {b}), [qual é o {W}?|tire o {W}.|quero o {W}.|só o {W}.]",
    "da lista {a}; {b} [quero|pegue|tire|dê-me] [apenas |só |]o {W}.",
    "[diz|diz-me|me diz|me diga|fala|fala aí] qual é [o |]{W}[:|,] {a} ou {b}[?|.]",
    (
        "[pode|poderia|podes|você pode|consegue] [dizer-me|me dizer|indicar|dizer] [qual é o {W}|que número é {W}][:|"
        ",] {a} ou {b}?"
    ),
    (
        "[gostaria de saber|queria saber|preciso saber|quero saber] [qual é [o |]{W}|que número é {W}|qual dos dois "
        "é {W}][:|,] {a} ou {b}."
    ),
    "[escolhe|aponta|marca|sublinha|assinale|circule|selecione|digite] o [número |valor |]{W}: {a}[ ou| /|;] {b}.",
    "[favor|por favor,] [indicar|informar|escrever|assinalar] o [número |valor |]{W}: {a} ou {b}.",
    "{a} e {b}. [Diga o {W}.|O {W}, por favor.|Qual deles é o {W}?|O {S}?|Preciso do {W}.|Só quero o {W}.]",
    "{a} vs {b}: [qual é {W}?|o {W}?|quem é {W}?]",
    "{a} [comparado com|em comparação com|frente a|diante de] {b}: [qual é {W}?|qual deles é o {W}?]",
    "comparando {a} [com|e] {b}, [qual é {W}?|qual é o {W}?|que número é {W}?|o {W} é]",
    "[compare|compara|confira] {a} [com|e] {b} e [diga|escreva|indique|dê|guarde] [o {W}|o número {W}|qual é {W}].",
    "se [compararmos|eu comparar|a gente comparar] {a} [com|e] {b}, qual [é|sai] {W}?",
    "será que {a} é {W} [que|do que] {b}?",
    "{a} é {W} do que {b}[, certo?|, não é?|, né?|, ou não?|, verdade?]",
    "verdadeiro ou falso: {a} é {W} que {b}[?|.]",
    (
        "[o manual|o meu colega|a minha filha|um site|a calculadora] diz que {a} é {W} do que {b}. [Está certo?|"
        "Confere?|Verifique.|É mesmo?]"
    ),
    (
        "no [quadro|ecrã|visor|papel|caderno|formulário] [está|estão|aparecem|há] {a} e {b}. [Qual é o {W}?|Que "
        "número é {W}?|Anote o {W}.|Copie o {W}.]"
    ),
    (
        "[dois cartões|duas etiquetas|dois bilhetes|duas portas|dois botões] com {a} e {b}: [qual número é {W}?|diga "
        "o número {W}.]"
    ),
    "o aluno A respondeu {a}, o aluno B {b}. [Que resposta é {F}?|Qual deu o número {W}?|Quem tem o {W}?]",
    "a nota de [Rita|Pedro] é {a}, a de [Marta|Tiago] {b}. [Que nota é {F}?|Qual nota é {F}?]",
    "a minha calculadora mostra {a}, a dele {b}. Que [resultado|número] é {W}?",
    "[na primeira linha|na célula A1] há {a}, [na segunda|na célula B1] {b}. Qual valor é {W}?",
    "A) {a} B) {b}. [Qual é {W}?|Marque o {W}.|Escolha o {W}.]",
    '"{a}" ou "{b}": qual é {W}?',
    'entre "{a}" e "{b}", [qual é {W}?|escolha o {W}.]',
    "({a}) ou ({b}): qual é o {W}?",
    "[{a}; {b}]: qual elemento é {W}?",
    "dados a = {a} e b = {b}, [qual é {W}?|determine o {W}.|indique o {W}.|o {W} é]",
    "sejam p = {a} e q = {b}. [Qual é {W}?|Qual deles é o {W}?|Diga o {W}.]",
    (
        "[dados|considere|considerando] [os números |os decimais |os valores |]{a} e {b}, [qual é o {W}?|diga o {W}.|"
        "indique qual é {W}.]"
    ),
    "{S}: {a} ou {b}",
    "o {W}? {a} [ou|/|vs] {b}",
    "o {W} [de|entre|dos números|dos dois,] {a} e {b}[?| é qual?|, qual é?| é]",
    "[só|apenas] o [número |]{W}: {a} ou {b}[.|?]",
    "responda só com o [número |valor |]{W}: {a} ou {b}.",
    "[olha|então|bom|diz lá|escuta], {a} ou {b}, qual é [o |]{W}[?|, hein?|, afinal?]",
    "na [sua|tua] opinião, {a} é {W} que {b} ou é o contrário?",
    "em valor, qual é {W}, {a} ou {b}?",
    "estou entre {a} e {b} e [quero|preciso] o {W}. [Qual é?|Qual escolho?|Qual deles?]",
    "[vou ficar com|fico com|vale] o {W}: {a} ou {b}?",
    "um [é|vale] {a}, o outro {b}. [Qual é {W}?|Qual dos dois é {W}?|Diga o {W}.]",
    "qual número é {W} se um é {a} e o outro {b}?",
    "[recebi|li|anotei|calculei] {a} e [depois |]{b}. [Qual é {W}?|Que número é {W}?|Qual é o {S}?]",
    "o placar [diz|mostra] {a} para os azuis e {b} para os verdes. Que pontuação é {F}?",
    "destes dois [números|valores|resultados|dados], qual é [o |]{W}?{AB}",
    (
        "[escolha|anote|diga|marque|copie|dê-me] o [número|valor|resultado|dado] {S} [destes dois|dos dois seguintes|"
        "deste par|dos de baixo]{AB}"
    ),
    "[que|qual] [número|valor|resultado|dado] é [o |]{W}?{AB}",
    "[que|qual] [número|valor|resultado|dado] é [o |]{S}[:|,] {a} ou {b}?",
    (
        "[para o relatório|para a tabela|para a ficha] [preciso do|vale o|conta o] [número|valor|resultado] {S}: {a} "
        "ou {b}?"
    ),
    "qual é {W}, {a} ou {b}, e [por que|como se vê|como você sabe]?",
    "[explique|diga|justifique] por que e qual é {W}: {a} ou {b}.",
    "[a balança|o contador|a sonda] [marcou|deu|leu] {a} e [logo|depois] {b}. Que [número|valor] é [o |]{W}?",
    "das [medidas|leituras|quantias|medições] {a} e {b}, qual é [a |]{F}?",
    "qual das duas [medidas|leituras|quantias|medições] é [a |]{F}[:|,] {a} ou {b}?",
    "[diga|anote|escolha|escreva] a {F} [destas|das duas] [medidas|leituras|quantias]{AB}",
    "[olha|ei|bom|então], [qual é {W}|o {W}]?{AB}",
    "{a} e {b} são iguais? [Se não, diga|Diga] o {W}.",
)
_MORE = (
    "o que é mais: {a} ou {b}?",
    "{a} ultrapassa {b}? Diga o maior.",
    "qual fica mais à direita na reta numérica, {a} ou {b}?",
    "{a} > {b}? Qual é maior?",
    "[qual|que número] [vale mais|tem mais valor|tem o valor mais alto]: {a} ou {b}?",
    "{a} [está acima de|excede|passa de|supera] {b}? [Qual é o maior?|Dê o maior.]",
    "quem tem mais, o de {a} ou o de {b}?",
    "contando para cima, qual vem por último: {a} ou {b}?",
    "[ganha|vence] o número maior: {a} ou {b}?",
    "qual é superior, {a} ou {b}?",
    "o número superior entre {a} e {b}[?| é]",
    "qual tem o valor superior: {a} ou {b}?",
)
_LESS = (
    "o que é menos: {a} ou {b}?",
    "{a} está abaixo de {b}? Diga o menor.",
    "qual fica mais à esquerda na reta numérica, {a} ou {b}?",
    "{a} < {b}? Qual é menor?",
    "[qual|que número] [vale menos|tem menos valor|tem o valor mais baixo|é mais pequeno]: {a} ou {b}?",
    "{a} [está abaixo de|fica aquém de|não chega a] {b}? [Qual é o menor?|Dê o menor.]",
    "quem tem menos, o de {a} ou o de {b}?",
    "contando para cima, qual vem primeiro: {a} ou {b}?",
    "[ganha|vence] o número menor: {a} ou {b}?",
    "qual é inferior, {a} ou {b}?",
    "o número inferior entre {a} e {b}[?| é]",
    "qual é o mais pequeno em valor: {a} ou {b}?",
)
_EXTREME = (
    (
        "[diga|dê|calcule|ache|determine|indique|encontre|informe|mostre|escreva|devolva|procure|obtenha] o {W} [de|"
        "entre] {a} e {b}."
    ),
    "qual é o {W} [de|entre|dos valores|dos números] {a} e {b}?",
    "qual [foi|seria|será] o {W} [de|entre] {a} e {b}?",
    "{W}[:| de|?] {a}; {b}",
    "o {W} [de|entre] {a} e {b} é",
    "{a} e {b}: {W}?",
    "{a}; {b} -> {W}",
    (
        "[as medidas|os valores|os dados|os registros|as leituras] são {a} e {b}. [Qual é o {W}?|Diga o {W}.|O {W}?|"
        "Indique o {W}.]"
    ),
    "uma [série|lista|tabela|amostra|planilha] contém {a} e {b}. Qual é o seu {W}?",
    "[de|entre] {a} e {b}, [qual é o {W}?|diga o {W}.|indique o {W}.|o {W} é|calcule o {W}.]",
    "[dos|entre os] [valores|dados|números|registros] {a} e {b}, [qual é o {W}?|dê o {W}.|tire o {W}.|o {W} é]",
    "[da lista|do conjunto|da série] {a}; {b}, [qual é o {W}?|diga o {W}.|extraia o {W}.]",
    "das [leituras|medidas|medições] {a} e {b}, [qual é a {F}?|diga a {F}.|quero a {F}.]",
    (
        "[o sensor|o medidor|o registrador|o diário] [deu|marcou|anotou|enviou] {a} e {b}. [Qual foi o {W}?|Registre "
        "o {W}.|Diga o {W}.|Envie o {W}.]"
    ),
    "[hoje|esta semana|esta noite] mediram-se {a} e {b}. [Qual foi o {W}?|O {W} foi|Anote o {W}.]",
    "[preciso do|quero o|falta-me o|dê-me só o] {W} [de|entre] {a} e {b}.",
    "[por favor|pode], [calcule|diga|indique] o {W} de {a} e {b}.",
    "[pode|poderia|consegue] [calcular|dizer|dar] o {W} de {a} e {b}?",
    "qual dos dois é o {W}, {a} ou {b}?",
    "o {W} é {a} ou {b}?",
    "para o [relatório|gráfico|alarme] preciso do {W}: {a}; {b}",
    "[a leitura|a medida|a medição] {F} [entre|de] {a} e {b}[?| é|, qual é?]",
    "que leitura é a {F}: {a} ou {b}?",
    "dados = [{a}; {b}]. [Qual é o {W}?|{W} = ?]",
    "{W} de ({a}; {b}) = ?",
    "[diga|procure|ache] o valor {S} de {a} e {b}.",
    "qual é o valor {S} [de|entre|da lista] {a} e {b}?",
    "tenho duas [notas|amostras|medidas], {a} e {b}; [qual é a {F}?|a {F} é]",
    "com os valores {a} e {b}, o {W} [fica em|é|seria]",
    "qual [é|foi] o [número|valor|resultado|dado] {P} [de|entre|dos dados|entre os dados|das provas] {a} e {b}?",
    "[que|qual] [número|valor|resultado|dado] [foi|é] o {P}[:|,] {a} ou {b}?",
    "qual [é|foi] a [marca|leitura|medida|medição] {F} [de|entre] {a} e {b}?",
    (
        "[diga|anote|copie|procure|tire] o [número|valor|resultado|dado] {P} [desta lista|deste registro|destes dados|"
        "destas duas linhas]{AB}"
    ),
    "[diga|anote|copie|procure] a [marca|leitura|medida] {F} [desta lista|deste registro|destes dados]{AB}",
    "o {W} [desta lista|deste registro|destes dados|destes dois]{AB}",
    (
        "o [contador|sensor|termômetro|medidor] [leu|marcou|registrou|mandou] {a} e [logo|depois] {b}. [Qual foi o "
        "seu {W}?|Que valor foi o {P}?|Qual foi o {P}?]"
    ),
    "só um número, sem [ordenar|lista]: o [{P}|{W}] de {a} e {b}.",
    "[para o relatório|no resumo], qual é o {W}[:|,] {a} ou {b}?",
    "dos dois [testes|turnos|dias|lançamentos], {a} e {b}, qual foi o [número|valor|resultado] {P}?",
)
_MAX = (
    "máx({a}; {b}) = ?",
    "máx({a}; {b})",
    "=MÁXIMO({a}; {b})",
    "max({a}; {b})",
    "[qual é o|diga o|anote o] [pico|topo|teto] de {a} e {b}[?|.]",
    "duas leituras, {a} e {b}: [o pico?|qual foi o pico?|o maior valor?]",
    "[maior|mais alto] valor registrado: {a} ou {b}?",
    "até onde [chegou|subiu] o valor, com {a} e {b}?",
    "o recorde [entre|de] {a} e {b} é",
    "quão alto é o maior dos valores {a} e {b}?",
    "até quanto [subiu|chegou], se [leu-se|houve] {a} e {b}?",
    "quanto foi o mais alto, {a} ou {b}?",
    "quanto foi no máximo, {a} ou {b}?",
)
_MIN = (
    "mín({a}; {b}) = ?",
    "mín({a}; {b})",
    "=MÍNIMO({a}; {b})",
    "min({a}; {b})",
    "[qual é o|diga o|anote o] [ponto mais baixo|piso|fundo] de {a} e {b}[?|.]",
    "duas leituras, {a} e {b}: [a mais baixa?|qual foi a mais baixa?|o menor valor?]",
    "[menor|mais baixo] valor registrado: {a} ou {b}?",
    "até onde [desceu|caiu] o valor, com {a} e {b}?",
    "quão baixo é o menor dos valores {a} e {b}?",
    "até quanto [baixou|caiu], se [leu-se|houve] {a} e {b}?",
    "quanto foi o mais baixo, {a} ou {b}?",
    "quanto foi no mínimo, {a} ou {b}?",
)
# Both in order: {W} begins, {S} ends.
_ORDER = (
    "[os dois|ambos], do {W} ao {S}: {a}; {b}",
    "a partir do {W}: {a} e {b}, em ordem[.|, por favor.]",
    (
        "[ordene|classifique|escreva|coloque|organize|liste|arrume|ponha|disponha|anote] {a} e {b} [do {W} [ao|para "
        "o|até o] {S}|começando pelo {W}|a partir do {W}|com o {W} [primeiro|à frente|na frente|em primeiro lugar]|"
        "primeiro o {W} e depois o {S}]."
    ),
    "[do {W} ao {S}|do {W} para o {S}|o {W} primeiro|primeiro o {W}|a começar pelo {W}|a partir do {W}]: {a}; {b}",
    (
        "[do {W} para o {S}|do {W} ao {S}|começando pelo {W}|a partir do {W}], [ordene|escreva|liste|organize|"
        "coloque] [os números |os valores |]{a} e {b}."
    ),
    "[de|com] {a} e {b}, [faça|monte|escreva] uma lista [do {W} ao {S}|que comece pelo {W}].",
    "de {a} e {b}, [escreva|diga|liste] [os dois|ambos], [primeiro o {W}|o {W} antes|do {W} ao {S}].",
    "[dos|com os] números {a} e {b}, [dê|diga|escreva] a ordem do {W} ao {S}.",
    "{a} e {b}, primeiro o {W}.",
    "{a} e {b}[:|,| -] [do {W} ao {S}|do {W} para o {S}|o {W} primeiro|ordene a partir do {W}][.|, por favor.]",
    "{a}; {b} -> do {W} ao {S}",
    "[{a}; {b}] do {W} para o {S}",
    "[como|de que forma] [ficam|se ordenam|ficariam] {a} e {b} [do {W} ao {S}|do {W} para o {S}|começando pelo {W}]?",
    "qual é a ordem de {a} e {b} [do {W} ao {S}|do {W} para o {S}|a partir do {W}|se o {W} vem primeiro]?",
    (
        "[ordena|põe|arruma|lista|escreve|coloca] {a} e {b} [do {W} ao {S}|do {W} para o {S}|a começar pelo {W}|com "
        "o {W} primeiro]."
    ),
    (
        "[pode|poderia|consegue|podes] [ordenar|organizar|listar|pôr em ordem] {a} e {b} [do {W} ao {S}|do {W} para "
        "o {S}|começando pelo {W}]?"
    ),
    (
        "[quero|preciso de|gostaria de ter] {a} e {b} [em ordem|ordenados], [do {W} ao {S}|começando pelo {W}|o {W} "
        "primeiro]."
    ),
    "primeiro o {W}, depois o {S}: {a} e {b}.",
    "[diga|escreva|leia] primeiro o {W} e depois o {S}: {a}; {b}",
    "coloque o {W} de {a} e {b} [à esquerda|na frente|em cima|no início] e o {S} [à direita|atrás|embaixo|no fim].",
    (
        "[dois|estes dois] [números|valores|resultados|preços]: {a} e {b}. [Ordene|Liste|Escreva|Organize] do {W} "
        "[ao|para o] {S}."
    ),
    (
        "[ordene|organize|classifique] [os números|estes números|os valores|os dados|os decimais] [do {W} ao {S}|do "
        "{W} para o {S}|a partir do {W}]: {a}; {b}[.|]"
    ),
    "[ordem|lista|sequência|fila|classificação] do {W} [ao|para o] {S}[:| para| de] {a} e {b}",
    "faça um ranking de {a} e {b}, [começando pelo {W}|do {W} ao {S}|com o {W} no início].",
    "o professor quer {a} e {b} do {W} para o {S}. [Como fica?|Escreva.|Qual é a sequência?]",
    (
        "[na planilha|no estoque|na loja|na lista] [há|estão] {a} e {b}. [Ordene|Liste|Organize] [do {W} ao {S}|a "
        "partir do {W}]."
    ),
    "se [eu ordenar|ordenarmos|a gente ordenar] {a} e {b} do {W} para o {S}, [como fica?|qual é a lista?|o que sai?]",
    "[ordenar|organizar|listar] {a} e {b}: do {W} para o {S}.",
    "quem vem primeiro e quem vem depois, {a} e {b}, do {W} ao {S}?",
    "alinhe {a} e {b}, o {W} na frente.",
    "por ordem de tamanho, [o {W} primeiro|começando pelo {W}]: {a}; {b}",
    (
        "[ponha|ordene|coloque|escreva|liste] [estes|os dois|ambos os] [números|valores|dados] [com o {W} em cima|com "
        "o {W} no início|começando pelo {W}|a partir do {W}]{AB}"
    ),
    (
        "[escreva|mostre|anote|liste|coloque] {a} e {b} com o [valor|número|dado] {W} [em cima|na primeira linha|no "
        "início|à cabeça|na frente]."
    ),
    "[ponha|mostre|coloque] {a} e {b} com o [valor|número|dado] {S} [embaixo|no fim|na última linha].",
    "[ordene-me|arrume|liste-me] {a} e {b}[, por favor,|] [do {W} ao {S}|começando pelo {W}|com o {W} primeiro].",
    "do [valor|número] {W} ao [valor|número] {S}{AB}",
    "[começando|a começar] pelo [valor|número|dado] {W}, [ordene|escreva|liste] {a} e {b}.",
    "não só o {W}: [escreva|ordene|diga] os dois, {a} e {b}, [desde o {W}|o {W} primeiro].",
)
_WAY = (
    (
        "[ordene|classifique|escreva|coloque|organize|liste|ponha|disponha|arrume] {a} e {b} [em ordem|por ordem|na "
        "ordem] {D}."
    ),
    "ordem {D}[:| de| para] {a} e {b}[?|.|, por favor.]",
    "[qual é|diga|dê|mostre|escreva] a ordem {D} de {a} e {b}[?|.]",
    "em ordem {D}: {a}; {b}",
    "{a} e {b}[:|, por favor,| -] [em ordem {D}|ordem {D}][?|.]",
    "[de|dos números|dos valores] {a} e {b}, [dê|faça|escreva|quero] a [ordem|lista|sequência] {D}.",
    "[pode|poderia|consegue] [pôr|colocar|listar|escrever] {a} e {b} em ordem {D}?",
    "[ordena|põe|coloca|lista] {a} e {b} por ordem {D}.",
    "[preciso de|quero] {a} e {b} em [ordem|sequência] {D}.",
    "[ordene|organize|liste] [estes números|os valores|os dados] em ordem {D}: {a}; {b}",
    "como ficam {a} e {b} em ordem {D}?",
    "em [sequência|ordem] {D}, {a} e {b} [ficam|são|dão]",
    "{D}: {a}; {b}",
)
_UP = (
    (
        "[ordene|escreva|liste] {a} e {b} [de baixo para cima|do mais baixo ao mais alto|do mais pequeno ao maior|"
        "subindo]."
    ),
    "ordene {a} e {b} de modo que [os valores aumentem|cresçam|vão subindo].",
    "sorted([{a}; {b}])",
    "do menos ao mais: {a}; {b}",
    "[ordene|ponha|liste] {a} e {b} [para cima|em subida|de forma ascendente].",
    "[para cima|em subida|subindo]: {a}; {b}",
    "[pode|poderia] [ordená-los|colocá-los] [para cima|subindo]?{AB}",
)
_DOWN = (
    (
        "[ordene|escreva|liste] {a} e {b} [de cima para baixo|do mais alto ao mais baixo|do maior ao mais pequeno|"
        "descendo]."
    ),
    "ordene {a} e {b} de modo que [os valores diminuam|decresçam|vão baixando].",
    "sorted([{a}; {b}], reverse=True)",
    "do mais ao menos: {a}; {b}",
    "[ordene|ponha|liste] {a} e {b} [para baixo|em descida|de forma descendente].",
    "[para baixo|em descida|descendo]: {a}; {b}",
    "[pode|poderia] [ordená-los|colocá-los] [para baixo|descendo]?{AB}",
)


def _extreme(*words: str) -> tuple[str, ...]:
    """Questions for an extreme; {P} and {F} are ``words`` in the masculine and the feminine."""

    def ending(letter: str) -> list[str]:
        return [word if word in ("maior", "menor") else f"{word}{letter}" for word in words]

    return with_slot(with_slot(_EXTREME, "{F}", *ending("a")), "{P}", *ending("o"))


SCENES = {
    ("larger", "n"): Scene(
        (*with_slot(_PAIRS, "{F}", "[maior|mais alta|mais elevada]"), *_MORE),
        (("maior", "maior"), ("maior", "maior"), ("maior", "mais alto"), ("mais alto", "mais elevado")),
    ),
    ("smaller", "n"): Scene(
        (*with_slot(_PAIRS, "{F}", "[menor|mais baixa]"), *_LESS),
        (("menor", "menor"), ("menor", "menor"), ("menor", "mais pequeno"), ("mais baixo", "mais baixo")),
    ),
    ("max", "n"): Scene(
        (*_extreme("máxim", "mais alt", "maior", "mais elevad"), *_MAX),
        (
            ("máximo", "máximo"),
            ("máximo", "mais alto"),
            ("valor máximo", "maior"),
            ("valor mais alto", "mais alto"),
            ("maior valor", "mais elevado"),
        ),
    ),
    ("min", "n"): Scene(
        (*_extreme("mínim", "mais baix", "menor", "mais pequen"), *_MIN),
        (
            ("mínimo", "mínimo"),
            ("mínimo", "mais baixo"),
            ("valor mínimo", "menor"),
            ("valor mais baixo", "mais baixo"),
            ("menor valor", "mais pequeno"),
        ),
    ),
    ("asc", "n"): Scene(
        (*_ORDER, *with_slot(_WAY, "{D}", "crescente", "ascendente"), *_UP),
        (("menor", "maior"), ("menor", "maior"), ("mais baixo", "mais alto")),
    ),
    ("desc", "n"): Scene(
        (*_ORDER, *with_slot(_WAY, "{D}", "decrescente", "descendente"), *_DOWN),
        (("maior", "menor"), ("maior", "menor"), ("mais alto", "mais baixo")),
    ),
}
