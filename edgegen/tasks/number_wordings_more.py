"""Wordings of number comparison in Indonesian, Spanish, German, French and Portuguese; as in the English module."""

from collections.abc import Mapping

from edgegen.tasks.number_wordings_en import Wordings

INDONESIAN: Mapping[str, Wordings] = {
    "train": {
        ("larger", "n"): (
            "Bandingkan {a} dan {b}. Mana yang lebih besar?",
            "Saya punya dua angka, {a} dan {b}. Sebutkan yang lebih besar.",
            "Di antara bilangan desimal {a} dan {b}, mana yang nilainya lebih besar?",
            "Lebih besar mana: {a} atau {b}?",
            "Apakah {a} lebih besar dari {b}?",
            "Pilih bilangan yang lebih besar: {a} / {b}",
        ),
        ("smaller", "n"): (
            "Bandingkan {a} dan {b}. Mana yang lebih kecil?",
            "Lebih kecil mana: {a} atau {b}?",
            "Sebutkan bilangan yang lebih kecil dari pasangan {a}, {b}.",
        ),
        ("max", "n"): ("Cari nilai maksimum dari {a} dan {b}.", "Berapa nilai terbesar dalam daftar {a}; {b}?"),
        ("min", "n"): ("Cari nilai minimum dari {a} dan {b}.",),
        ("asc", "n"): ("Urutkan {a} dan {b} dari yang terkecil.",),
        ("desc", "n"): ("Urutkan {a} dan {b} dari yang terbesar.",),
        ("higher", "p"): (
            "Sensor pertama membaca {a} bar dan sensor kedua {b} bar. Mana yang lebih tinggi?",
            "Harga di toko A {a} ribu, di toko B {b} ribu. Harga mana yang lebih tinggi?",
        ),
        ("heavier", "p"): ("Karung satu {a} kg, karung dua {b} kg. Mana yang lebih berat?",),
        ("colder", "t"): ("Suhu luar {a} °C dan suhu gudang {b} °C. Mana yang lebih dingin?",),
        ("newer", "v"): ("Versi {a} dan versi {b} tersedia. Versi mana yang lebih baru?",),
        ("later", "d"): ("Tanggal {a} dan {b}: mana yang lebih akhir?",),
    },
    "dev": {
        ("larger", "n"): (
            "Yang lebih besar itu {a} atau {b}?",
            "Tentukan bilangan yang lebih besar antara {a} dan {b}.",
        ),
        ("smaller", "n"): ("Dari {a} dan {b}, mana yang lebih kecil?",),
        ("max", "n"): ("Berapakah maksimum dari {a} dan {b}?",),
        ("higher", "p"): ("Tekanan pompa A {a} bar, pompa B {b} bar. Tekanan mana yang lebih tinggi?",),
        ("heavier", "p"): ("Kardus kiri {a} kg dan kardus kanan {b} kg. Kardus mana yang lebih berat?",),
        ("colder", "t"): ("Pagi ini {a} °C, siang ini {b} °C. Saat mana yang lebih dingin?",),
        ("newer", "v"): ("Pabrik menyediakan versi {a} dan juga versi {b}; versi mana yang terbaru?",),
        ("later", "d"): ("Rapat satu pada {a}, rapat dua pada {b}. Rapat mana yang lebih akhir?",),
        ("min", "n"): ("Berapakah minimum dari pasangan {a} dan {b}?",),
        ("asc", "n"): ("Tulis {a} dan {b} menurut urutan naik.",),
        ("desc", "n"): ("Tulis {a} dan {b} menurut urutan turun.",),
    },
    "sealed": {
        ("larger", "n"): (
            "Mana yang lebih besar, {a} atau {b}?",
            "Angka mana yang lebih besar: {a} atau {b}?",
            "Antara {a} dan {b}, bilangan manakah yang lebih besar?",
            "{a} atau {b}, mana yang lebih besar nilainya?",
            "Tolong katakan mana angka yang lebih besar: {a}, {b}",
        ),
        ("smaller", "n"): ("Mana yang lebih kecil, {a} atau {b}?", "Angka mana yang lebih kecil: {a} atau {b}?"),
        ("max", "n"): ("Apa nilai yang paling besar dari {a} dan {b}?",),
        ("heavier", "p"): ("Mana yang lebih berat, {a} kg atau {b} kg?",),
        ("colder", "t"): ("Mana yang lebih dingin, {a} °C atau {b} °C?",),
    },
}

SPANISH: Mapping[str, Wordings] = {
    "train": {
        ("larger", "n"): (
            "Compara {a} y {b}. ¿Cuál es mayor?",
            "Tengo dos números, {a} y {b}. Dime el mayor.",
            "Entre los decimales {a} y {b}, ¿cuál tiene más valor?",
            "Elige el número más grande: {a} / {b}",
            "¿Es {a} mayor que {b}?",
            "{a} frente a {b}: ¿cuál es más grande?",
        ),
        ("smaller", "n"): (
            "Compara {a} y {b}. ¿Cuál es menor?",
            "Dime el número más pequeño de esta pareja: {a}, {b}.",
            "¿Es {a} menor que {b}?",
        ),
        ("max", "n"): ("Halla el máximo de {a} y {b}.", "¿Cuál es el valor más alto de la lista {a}; {b}?"),
        ("min", "n"): ("Halla el mínimo de {a} y {b}.",),
        ("asc", "n"): ("Ordena {a} y {b} de menor a mayor.",),
        ("desc", "n"): ("Ordena {a} y {b} de mayor a menor.",),
        ("higher", "p"): (
            "Un sensor marca {a} bar y otro {b} bar. ¿Qué lectura es más alta?",
            "La tienda A pide {a} euros y la tienda B {b} euros. ¿Qué precio es más alto?",
        ),
        ("heavier", "p"): ("Una caja pesa {a} kg y otra {b} kg. ¿Cuánto pesa la más pesada?",),
        ("colder", "t"): ("En el patio hay {a} °C y en el sótano {b} °C. ¿Qué temperatura es más fría?",),
        ("newer", "v"): ("Hay una versión {a} y una versión {b}. ¿Qué versión es más nueva?",),
        ("later", "d"): ("De las fechas {a} y {b}, ¿cuál es posterior?",),
    },
    "dev": {
        ("larger", "n"): ("De {a} y {b}, ¿cuál es el número mayor?", "Indica qué cifra es la mayor: {a} o bien {b}."),
        ("smaller", "n"): ("Entre {a} y {b}, ¿cuál es el más pequeño?",),
        ("max", "n"): ("Dame el máximo entre {a} y {b}.",),
        ("higher", "p"): ("La bomba uno está a {a} bar y la dos a {b} bar. ¿Qué presión es más alta?",),
        ("heavier", "p"): ("El bulto izquierdo pesa {a} kg y el derecho {b} kg. ¿Cuál de los bultos pesa más?",),
        ("colder", "t"): ("Esta mañana había {a} °C y a mediodía {b} °C. ¿Cuándo hacía más frío?",),
        ("newer", "v"): (
            "El fabricante ofrece la versión {a} y también la versión {b}; ¿cuál es la versión más reciente?",
        ),
        ("later", "d"): ("Una reunión es el {a} y otra el {b}. ¿Qué reunión es posterior?",),
        ("min", "n"): ("Dame el mínimo entre {a} y {b}.",),
        ("asc", "n"): ("Escribe {a} y {b} en orden ascendente.",),
        ("desc", "n"): ("Escribe {a} y {b} en orden descendente.",),
    },
    "sealed": {
        ("larger", "n"): (
            "¿Cuál es mayor, {a} o {b}?",
            "¿Qué número es más grande: {a} o {b}?",
            "¿Qué es mayor, {a} o {b}?",
            "¿Cuál de los dos números es mayor, {a} o {b}?",
            "Dime cuál es el número más grande entre {a} y {b}.",
        ),
        ("smaller", "n"): ("¿Cuál es menor, {a} o {b}?", "¿Qué número es más pequeño: {a} o {b}?"),
        ("max", "n"): ("¿Cuál es el máximo de {a} y {b}?",),
        ("heavier", "p"): ("¿Qué pesa más, {a} kg o {b} kg?",),
        ("colder", "t"): ("¿Dónde hace más frío, a {a} °C o a {b} °C?",),
    },
}

GERMAN: Mapping[str, Wordings] = {
    "train": {
        ("larger", "n"): (
            "Vergleiche {a} und {b}. Welche Zahl ist größer?",
            "Ich habe zwei Zahlen, {a} und {b}. Nenne mir die größere.",
            "Welche der Dezimalzahlen {a} und {b} hat den größeren Wert?",
            "Wähle die größere Zahl: {a} / {b}",
            "Ist {a} größer als {b}?",
            "{a} gegen {b}: Was ist mehr?",
        ),
        ("smaller", "n"): (
            "Vergleiche {a} und {b}. Welche Zahl ist kleiner?",
            "Nenne die kleinere Zahl dieses Paares: {a}, {b}.",
            "Ist {a} kleiner als {b}?",
        ),
        ("max", "n"): ("Bestimme das Maximum von {a} und {b}.", "Was ist der größte Wert der Liste {a}; {b}?"),
        ("min", "n"): ("Bestimme das Minimum von {a} und {b}.",),
        ("asc", "n"): ("Sortiere {a} und {b} aufsteigend.",),
        ("desc", "n"): ("Sortiere {a} und {b} absteigend.",),
        ("higher", "p"): (
            "Ein Sensor zeigt {a} bar, ein anderer {b} bar. Welcher Wert ist höher?",
            "Laden A verlangt {a} Euro, Laden B {b} Euro. Welcher Preis ist höher?",
        ),
        ("heavier", "p"): ("Ein Sack wiegt {a} kg, der andere {b} kg. Was wiegt der schwerere?",),
        ("colder", "t"): ("Draußen sind es {a} °C, im Keller {b} °C. Welche Temperatur ist kälter?",),
        ("newer", "v"): ("Es gibt Version {a} und Version {b}. Welche Version ist neuer?",),
        ("later", "d"): ("Welches der Daten {a} und {b} liegt später?",),
    },
    "dev": {
        ("larger", "n"): (
            "Von {a} und {b}: Welche ist die größere Zahl?",
            "Gib an, welcher Wert größer ist: {a} oder aber {b}.",
        ),
        ("smaller", "n"): ("Welche von {a} und {b} ist die kleinste Zahl?",),
        ("max", "n"): ("Gib mir das Maximum aus {a} und {b}.",),
        ("higher", "p"): ("Pumpe eins läuft mit {a} bar, Pumpe zwei mit {b} bar. Welcher Druck ist höher?",),
        ("heavier", "p"): ("Der linke Karton wiegt {a} kg und der rechte {b} kg. Welcher Karton ist schwerer?",),
        ("colder", "t"): ("Heute früh waren es {a} °C, mittags {b} °C. Zu welcher Zeit war es kälter?",),
        ("newer", "v"): ("Der Hersteller bietet Version {a} und auch Version {b} an; welche ist die neueste Version?",),
        ("later", "d"): ("Eine Sitzung ist am {a}, eine andere am {b}. Welche Sitzung ist später?",),
        ("min", "n"): ("Gib mir das Minimum aus {a} und {b}.",),
        ("asc", "n"): ("Schreibe {a} und {b} in aufsteigender Reihenfolge.",),
        ("desc", "n"): ("Schreibe {a} und {b} in absteigender Reihenfolge.",),
    },
    "sealed": {
        ("larger", "n"): (
            "Was ist größer, {a} oder {b}?",
            "Welche Zahl ist größer: {a} oder {b}?",
            "Welche der beiden Zahlen ist größer, {a} oder {b}?",
            "Ist {a} oder {b} die größere Zahl?",
            "Sag mir die größere von {a} und {b}.",
        ),
        ("smaller", "n"): ("Was ist kleiner, {a} oder {b}?", "Welche Zahl ist kleiner: {a} oder {b}?"),
        ("max", "n"): ("Was ist das Maximum von {a} und {b}?",),
        ("heavier", "p"): ("Was ist schwerer, {a} kg oder {b} kg?",),
        ("colder", "t"): ("Wo ist es kälter, bei {a} °C oder bei {b} °C?",),
    },
}

FRENCH: Mapping[str, Wordings] = {
    "train": {
        ("larger", "n"): (
            "Compare {a} et {b}. Lequel est le plus grand ?",
            "J'ai deux nombres, {a} et {b}. Donne-moi le plus grand.",
            "Parmi les décimaux {a} et {b}, lequel a la plus grande valeur ?",
            "Choisis le nombre supérieur : {a} / {b}",
            "Est-ce que {a} est plus grand que {b} ?",
            "{a} contre {b} : lequel vaut plus ?",
        ),
        ("smaller", "n"): (
            "Compare {a} et {b}. Lequel est le plus petit ?",
            "Donne le nombre inférieur de cette paire : {a}, {b}.",
            "Est-ce que {a} est plus petit que {b} ?",
        ),
        ("max", "n"): ("Trouve le maximum de {a} et {b}.", "Quelle est la plus grande valeur de la liste {a} ; {b} ?"),
        ("min", "n"): ("Trouve le minimum de {a} et {b}.",),
        ("asc", "n"): ("Trie {a} et {b} par ordre croissant.",),
        ("desc", "n"): ("Trie {a} et {b} par ordre décroissant.",),
        ("higher", "p"): (
            "Un capteur indique {a} bar et un autre {b} bar. Quelle mesure est la plus élevée ?",
            "Le magasin A demande {a} euros, le magasin B {b} euros. Quel prix est le plus élevé ?",
        ),
        ("heavier", "p"): ("Un sac pèse {a} kg et l'autre {b} kg. Combien pèse le plus lourd ?",),
        ("colder", "t"): ("Il fait {a} °C dehors et {b} °C à la cave. Quelle température est la plus froide ?",),
        ("newer", "v"): ("Il y a la version {a} et la version {b}. Quelle version est la plus récente ?",),
        ("later", "d"): ("Des dates {a} et {b}, laquelle est la plus tardive ?",),
    },
    "dev": {
        ("larger", "n"): (
            "De {a} et {b}, quel est le nombre le plus grand ?",
            "Indique la valeur supérieure : {a} ou bien {b}.",
        ),
        ("smaller", "n"): ("Entre {a} et {b}, lequel est le plus petit ?",),
        ("max", "n"): ("Donne-moi le maximum entre {a} et {b}.",),
        ("higher", "p"): ("La pompe un est à {a} bar, la pompe deux à {b} bar. Quelle pression est la plus élevée ?",),
        ("heavier", "p"): (
            "Le carton de gauche pèse {a} kg et celui de droite {b} kg. Quel carton est le plus lourd ?",
            "Entre un poids de {a} kg et un poids de {b} kg, lequel est plus lourd que l'autre ?",
        ),
        ("colder", "t"): (
            "Il faisait {a} °C à l'aube et {b} °C à midi. À quel moment faisait-il le plus froid ?",
            "De {a} °C et de {b} °C, quelle température est plus froide que l'autre ?",
        ),
        ("newer", "v"): (
            "Le fabricant offre la version {a} et aussi la version {b} ; quelle est la version la plus nouvelle ?",
        ),
        ("later", "d"): ("Une réunion a lieu le {a}, une autre le {b}. Quelle réunion est la plus tardive ?",),
        ("min", "n"): ("Donne-moi le minimum entre {a} et {b}.",),
        ("asc", "n"): ("Écris {a} et {b} dans un ordre croissant.",),
        ("desc", "n"): ("Écris {a} et {b} dans un ordre décroissant.",),
    },
    "sealed": {
        ("larger", "n"): (
            "Lequel est le plus grand, {a} ou {b} ?",
            "Quel nombre est le plus grand : {a} ou {b} ?",
            "Qu'est-ce qui est plus grand, {a} ou {b} ?",
            "Lequel des deux nombres est supérieur à l'autre, {a} ou {b} ?",
            "Dis-moi quel est le plus grand nombre entre {a} et {b}.",
        ),
        ("smaller", "n"): ("Lequel est le plus petit, {a} ou {b} ?", "Quel nombre est le plus petit : {a} ou {b} ?"),
        ("max", "n"): ("Quel est le maximum de {a} et {b} ?",),
        ("heavier", "p"): ("Qu'est-ce qui est plus lourd, {a} kg ou {b} kg ?",),
        ("colder", "t"): ("Où fait-il le plus froid, à {a} °C ou à {b} °C ?",),
    },
}

PORTUGUESE: Mapping[str, Wordings] = {
    "train": {
        ("larger", "n"): (
            "Compare {a} e {b}. Qual é maior?",
            "Tenho dois números, {a} e {b}. Diga o maior.",
            "Entre os decimais {a} e {b}, qual tem mais valor?",
            "Escolha o maior número: {a} / {b}",
            "{a} é maior do que {b}?",
            "{a} contra {b}: qual vale mais?",
        ),
        ("smaller", "n"): (
            "Compare {a} e {b}. Qual é menor?",
            "Diga o número mais baixo deste par: {a}, {b}.",
            "{a} é menor do que {b}?",
        ),
        ("max", "n"): ("Encontre o máximo de {a} e {b}.", "Qual é o valor mais alto da lista {a}; {b}?"),
        ("min", "n"): ("Encontre o mínimo de {a} e {b}.",),
        ("asc", "n"): ("Ordene {a} e {b} do menor para o maior.",),
        ("desc", "n"): ("Ordene {a} e {b} do maior para o menor.",),
        ("higher", "p"): (
            "Um sensor marca {a} bar e outro {b} bar. Qual leitura é mais alta?",
            "A loja A pede {a} euros e a loja B {b} euros. Qual preço é mais alto?",
        ),
        ("heavier", "p"): ("Uma caixa pesa {a} kg e a outra {b} kg. Quanto pesa a mais pesada?",),
        ("colder", "t"): ("Lá fora estão {a} °C e na garagem {b} °C. Qual temperatura é mais fria?",),
        ("newer", "v"): ("Há uma versão {a} e uma versão {b}. Qual versão é mais nova?",),
        ("later", "d"): ("Das datas {a} e {b}, qual é posterior?",),
    },
    "dev": {
        ("larger", "n"): ("De {a} e {b}, qual é o número maior?", "Indique qual valor é o maior: {a} ou então {b}."),
        ("smaller", "n"): ("Entre {a} e {b}, qual é o mais pequeno?",),
        ("max", "n"): ("Dê-me o máximo entre {a} e {b}.",),
        ("higher", "p"): ("A bomba um está a {a} bar e a bomba dois a {b} bar. Qual pressão é mais alta?",),
        ("heavier", "p"): ("A caixa da esquerda pesa {a} kg e a da direita {b} kg. Qual caixa é mais pesada?",),
        ("colder", "t"): ("Hoje cedo havia {a} °C e ao meio-dia {b} °C. Quando estava mais frio?",),
        ("newer", "v"): ("O fabricante oferece a versão {a} e também a versão {b}; qual é a versão mais recente?",),
        ("later", "d"): ("Uma reunião é em {a} e outra em {b}. Qual reunião é posterior?",),
        ("min", "n"): ("Dê-me o mínimo entre {a} e {b}.",),
        ("asc", "n"): ("Escreva {a} e {b} em ordem ascendente.",),
        ("desc", "n"): ("Escreva {a} e {b} em ordem descendente.",),
    },
    "sealed": {
        ("larger", "n"): (
            "Qual é maior, {a} ou {b}?",
            "Que número é maior: {a} ou {b}?",
            "O que é maior, {a} ou {b}?",
            "Qual dos dois números é o maior, {a} ou {b}?",
            "Diga-me qual é o maior número entre {a} e {b}.",
        ),
        ("smaller", "n"): ("Qual é menor, {a} ou {b}?", "Que número é menor: {a} ou {b}?"),
        ("max", "n"): ("Qual é o máximo de {a} e {b}?",),
        ("heavier", "p"): ("O que pesa mais, {a} kg ou {b} kg?",),
        ("colder", "t"): ("Onde está mais frio, a {a} °C ou a {b} °C?",),
    },
}
