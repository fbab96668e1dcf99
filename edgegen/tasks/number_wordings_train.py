"""More training wordings of number comparison in five languages, several for every kind of question.

So that a kind is learned and not one sentence of it. Only ``train``; dev and sealed wordings stand in
``number_wordings_more``.
"""

from edgegen.tasks.number_wordings_en import Wordings

INDONESIAN: Wordings = {
    ("larger", "n"): (
        "Guru menulis {a} dan {b} di papan tulis. Bilangan manakah yang lebih besar?",
        "Dari pasangan {a} dan {b}, ambil yang lebih besar.",
        "Saya ragu: {a} itu lebih besar daripada {b}, atau sebaliknya?",
        "Tolong bandingkan nilai {a} dengan {b}, lalu tulis yang lebih besar.",
        "Nilai {a} berhadapan dengan {b}. Yang unggul yang mana?",
    ),
    ("smaller", "n"): (
        "Guru menulis {a} dan {b} di papan tulis. Bilangan manakah yang lebih kecil?",
        "Dari pasangan {a} dan {b}, ambil yang lebih kecil.",
        "Apakah {a} lebih kecil daripada {b}?",
        "Tolong bandingkan nilai {a} dengan {b}, lalu tulis yang lebih kecil.",
    ),
    ("max", "n"): (
        "Daftar pengukuran berisi {a} dan {b}; tuliskan maksimumnya.",
        "Hitung maks({a}; {b}).",
        "Mana nilai tertinggi dari dua hasil ini?\n{a}\n{b}",
    ),
    ("min", "n"): (
        "Daftar pengukuran berisi {a} dan {b}; tuliskan minimumnya.",
        "Hitung min({a}; {b}).",
        "Nilai terendah di antara {a} dan {b} adalah berapa?",
        "Mana nilai terendah dari dua hasil ini?\n{a}\n{b}",
    ),
    ("asc", "n"): (
        "Susun {a} dan {b} secara menaik.",
        "Tuliskan {a} dan {b} mulai dari yang kecil.",
        "Mulai dari angka terendah, tuliskan {a} dan {b}.",
    ),
    ("desc", "n"): (
        "Susun {a} dan {b} secara menurun.",
        "Tuliskan {a} dan {b} mulai dari yang besar.",
        "Mulai dari angka tertinggi, tuliskan {a} dan {b}.",
    ),
    ("higher", "p"): (
        "Pagi tadi meter menunjukkan {a} volt, sekarang {b} volt. Kapan tegangannya lebih tinggi?",
        "Kelembapan di rumah kaca {a} persen, di ladang {b} persen. Mana yang lebih tinggi?",
    ),
    ("heavier", "p"): (
        "Di timbangan ada peti {a} kg dan peti {b} kg. Peti yang lebih berat beratnya berapa?",
        "Paket merah {a} kg dan paket biru {b} kg: mana yang lebih berat?",
        "Bandingkan beban {a} kg dengan beban {b} kg. Yang lebih berat?",
    ),
    ("colder", "t"): (
        "Termometer satu menunjukkan {a} °C, termometer dua {b} °C. Tempat mana yang lebih dingin?",
        "Kemarin {a} °C dan hari ini {b} °C. Hari mana yang lebih dingin?",
        "Lemari es A {a} °C, lemari es B {b} °C: mana yang lebih dingin?",
        "Apakah {a} °C lebih dingin daripada {b} °C?",
    ),
    ("newer", "v"): (
        "Di gateway terpasang versi {a}, di stik ada versi {b}. Versi mana yang lebih baru?",
        "Bandingkan versi {a} dengan versi {b}: mana yang lebih baru?",
    ),
    ("later", "d"): (
        "Laporan pertama tertanggal {a}, laporan kedua {b}. Mana yang lebih akhir?",
        "Antara {a} dan {b}, tanggal mana yang datang belakangan?",
    ),
    ("lower", "p"): (
        "Sensor satu membaca {a} bar, sensor dua {b} bar. Mana yang lebih rendah?",
        "Tegangan tadi {a} volt, sekarang {b} volt. Kapan tegangannya lebih rendah?",
    ),
    ("lighter", "p"): (
        "Peti kiri {a} kg dan peti kanan {b} kg. Peti mana yang lebih ringan?",
        "Bandingkan beban {a} kg dengan beban {b} kg. Yang lebih ringan?",
    ),
    ("more expensive", "p"): (
        "Harga di toko A {a} ribu, di toko B {b} ribu. Toko mana yang lebih mahal?",
        "Pena merah {a} ribu dan pena biru {b} ribu: mana yang lebih mahal?",
    ),
    ("cheaper", "p"): (
        "Harga di toko A {a} ribu, di toko B {b} ribu. Toko mana yang lebih murah?",
        "Saya bisa beli seharga {a} ribu atau {b} ribu. Mana yang lebih murah?",
    ),
    ("longer", "p"): (
        "Kabel satu {a} m, kabel dua {b} m. Kabel mana yang lebih panjang?",
        "Papan pertama {a} cm dan papan kedua {b} cm. Papan mana yang lebih panjang?",
    ),
    ("shorter", "p"): (
        "Kabel satu {a} m, kabel dua {b} m. Kabel mana yang lebih pendek?",
        "Dua rute, {a} km dan {b} km. Rute mana yang lebih pendek?",
    ),
    ("faster", "p"): (
        "Bus melaju {a} km/jam, truk {b} km/jam. Mana yang lebih cepat?",
        "Pelari A {a} m/s dan pelari B {b} m/s. Siapa yang lebih cepat?",
    ),
    ("warmer", "t"): (
        "Dapur {a} °C dan kamar {b} °C. Ruang mana yang lebih hangat?",
        "Suhu kemarin {a} °C, hari ini {b} °C. Hari mana yang lebih panas?",
    ),
    ("older", "v"): (
        "Versi {a} dan versi {b} tersedia. Versi mana yang lebih lama?",
        "Perangkat satu memakai versi {a}, perangkat dua versi {b}. Versi mana yang lebih lama?",
    ),
    ("earlier", "d"): (
        "Tanggal {a} dan {b}: mana yang lebih awal?",
        "Laporan pertama tertanggal {a}, laporan kedua {b}. Mana yang lebih awal?",
    ),
}

SPANISH: Wordings = {
    ("larger", "n"): (
        "En la pizarra están escritos {a} y {b}. Escribe el número mayor.",
        "De la pareja {a} y {b}, quédate con el mayor.",
        "No estoy seguro: ¿{a} supera a {b} o es al revés?",
        "Compara el valor {a} con el valor {b} y escribe el mayor.",
        "{a} contra {b}: gana el mayor, ¿cuál es?",
    ),
    ("smaller", "n"): (
        "En la pizarra están escritos {a} y {b}. Escribe el número menor.",
        "De la pareja {a} y {b}, quédate con el menor.",
        "Compara el valor {a} con el valor {b} y escribe el menor.",
        "De los decimales {a} y {b}, ¿cuál tiene menos valor?",
    ),
    ("max", "n"): (
        "La lista de medidas contiene {a} y {b}; escribe su máximo.",
        "Calcula máx({a}; {b}).",
    ),
    ("min", "n"): (
        "La lista de medidas contiene {a} y {b}; escribe su mínimo.",
        "Calcula mín({a}; {b}).",
        "¿Cuál es el valor más bajo de la lista {a}; {b}?",
    ),
    ("asc", "n"): (
        "Pon {a} y {b} en orden creciente.",
        "Escribe {a} y {b} empezando por el pequeño.",
    ),
    ("desc", "n"): (
        "Pon {a} y {b} en orden decreciente.",
        "Escribe {a} y {b} empezando por el grande.",
    ),
    ("higher", "p"): (
        "Por la mañana el medidor marcaba {a} voltios y ahora {b} voltios. ¿Qué tensión es más alta?",
        "La humedad del invernadero es {a} por ciento y la del campo {b} por ciento. ¿Cuál es más alta?",
    ),
    ("heavier", "p"): (
        "En la balanza hay una caja de {a} kg y otra de {b} kg. ¿Cuánto pesa la que pesa más?",
        "El paquete rojo pesa {a} kg y el azul {b} kg: ¿cuál pesa más?",
        "Compara una carga de {a} kg con otra de {b} kg. ¿La que pesa más?",
    ),
    ("colder", "t"): (
        "Un termómetro marca {a} °C y el otro {b} °C. ¿Cuál de los dos sitios está más frío?",
        "Ayer hubo {a} °C y hoy hay {b} °C. ¿Qué día fue más frío?",
        "La nevera A está a {a} °C y la B a {b} °C: ¿cuál está más fría?",
        "¿Es {a} °C más frío que {b} °C?",
    ),
    ("newer", "v"): (
        "La pasarela tiene la versión {a} y en la memoria está la versión {b}. ¿Qué versión es más nueva?",
        "Compara la versión {a} con la versión {b}: ¿cuál es más nueva?",
    ),
    ("later", "d"): (
        "El primer informe es del {a} y el segundo del {b}. ¿Cuál es posterior?",
        "De {a} y {b}, ¿qué fecha llega más tarde?",
    ),
    ("lower", "p"): (
        "Un sensor marca {a} bar y otro {b} bar. ¿Qué lectura es más baja?",
        "La batería A da {a} voltios y la B {b} voltios. ¿Qué tensión es más baja?",
    ),
    ("lighter", "p"): (
        "Una caja pesa {a} kg y otra {b} kg. ¿Cuánto pesa la más ligera?",
        "Compara una carga de {a} kg con otra de {b} kg. ¿La que pesa menos?",
    ),
    ("more expensive", "p"): (
        "La tienda A pide {a} euros y la tienda B {b} euros. ¿Dónde es más caro?",
        "El boli rojo cuesta {a} euros y el azul {b} euros: ¿cuál es más caro?",
    ),
    ("cheaper", "p"): (
        "La tienda A pide {a} euros y la tienda B {b} euros. ¿Dónde es más barato?",
        "Puedo comprarlo por {a} euros o por {b} euros. ¿Cuál es más barato?",
    ),
    ("longer", "p"): (
        "Un cable mide {a} m y otro {b} m. ¿Cuál es más largo?",
        "La tabla A tiene {a} cm y la B {b} cm. ¿Qué tabla es más larga?",
    ),
    ("shorter", "p"): (
        "Un cable mide {a} m y otro {b} m. ¿Cuál es más corto?",
        "Dos rutas, de {a} km y de {b} km. ¿Qué ruta es más corta?",
    ),
    ("faster", "p"): (
        "El autobús va a {a} km/h y el camión a {b} km/h. ¿Cuál es más rápido?",
        "El corredor A va a {a} m/s y el B a {b} m/s. ¿Quién es más rápido?",
    ),
    ("warmer", "t"): (
        "En la cocina hay {a} °C y en el pasillo {b} °C. ¿Qué temperatura es más cálida?",
        "Ayer hubo {a} °C y hoy hay {b} °C. ¿Qué día hizo más calor?",
    ),
    ("older", "v"): (
        "Hay una versión {a} y una versión {b}. ¿Qué versión es más antigua?",
        "Un aparato tiene la versión {a} y otro la versión {b}. ¿Cuál es más vieja?",
    ),
    ("earlier", "d"): (
        "De las fechas {a} y {b}, ¿cuál es anterior?",
        "El primer informe es del {a} y el segundo del {b}. ¿Cuál es anterior?",
    ),
}

GERMAN: Wordings = {
    ("larger", "n"): (
        "An der Tafel stehen {a} und {b}. Schreib die größere Zahl auf.",
        "Nimm aus dem Paar {a} und {b} die größere Zahl.",
        "Ich bin unsicher: Übertrifft {a} die Zahl {b}, oder ist es umgekehrt?",
        "Stelle den Wert {a} dem Wert {b} gegenüber und schreibe den größeren auf.",
        "{a} gegen {b}: Der größere Wert gewinnt, welcher ist es?",
    ),
    ("smaller", "n"): (
        "An der Tafel stehen {a} und {b}. Schreib die kleinere Zahl auf.",
        "Nimm aus dem Paar {a} und {b} die kleinere Zahl.",
        "Stelle den Wert {a} dem Wert {b} gegenüber und schreibe den kleineren auf.",
        "Welche der Dezimalzahlen {a} und {b} hat den geringeren Wert?",
    ),
    ("max", "n"): (
        "Die Messreihe besteht aus {a} und {b}; schreibe ihr Maximum auf.",
        "Berechne max({a}; {b}).",
    ),
    ("min", "n"): (
        "Die Messreihe besteht aus {a} und {b}; schreibe ihr Minimum auf.",
        "Berechne min({a}; {b}).",
        "Was ist der niedrigste Wert der Liste {a}; {b}?",
    ),
    ("asc", "n"): (
        "Bringe {a} und {b} in aufsteigende Reihenfolge.",
        "Schreibe {a} und {b} auf, mit dem kleinen Wert zuerst.",
    ),
    ("desc", "n"): (
        "Bringe {a} und {b} in absteigende Reihenfolge.",
        "Schreibe {a} und {b} auf, mit dem großen Wert zuerst.",
    ),
    ("higher", "p"): (
        "Morgens zeigte das Messgerät {a} Volt, jetzt zeigt es {b} Volt. Welche Spannung ist höher?",
        "Die Feuchte im Gewächshaus beträgt {a} Prozent, auf dem Feld {b} Prozent. Welche ist höher?",
    ),
    ("heavier", "p"): (
        "Auf der Waage stehen eine Kiste mit {a} kg und eine mit {b} kg. Wie viel wiegt die schwerere?",
        "Das rote Paket wiegt {a} kg, das blaue {b} kg: Welches ist schwerer?",
        "Vergleiche eine Last von {a} kg mit einer von {b} kg. Die schwerere?",
    ),
    ("colder", "t"): (
        "Ein Thermometer zeigt {a} °C, das andere {b} °C. An welchem Ort ist es kälter?",
        "Gestern waren es {a} °C, heute sind es {b} °C. Welcher Tag war kälter?",
        "Kühlschrank A hat {a} °C, Kühlschrank B {b} °C: Welcher ist kälter?",
        "Sind {a} °C kälter als {b} °C?",
    ),
    ("newer", "v"): (
        "Auf dem Gateway läuft Version {a}, auf dem Stick liegt Version {b}. Welche Version ist neuer?",
        "Vergleiche Version {a} mit Version {b}: Welche ist neuer?",
    ),
    ("later", "d"): (
        "Der erste Bericht ist vom {a}, der zweite vom {b}. Welcher liegt später?",
        "Welches Datum kommt nach dem anderen, {a} oder {b}?",
    ),
    ("lower", "p"): (
        "Ein Sensor zeigt {a} bar, ein anderer {b} bar. Welcher Wert ist niedriger?",
        "Akku A hat {a} Volt, Akku B {b} Volt. Welche Spannung ist niedriger?",
    ),
    ("lighter", "p"): (
        "Ein Sack wiegt {a} kg, der andere {b} kg. Was wiegt der leichtere?",
        "Vergleiche eine Last von {a} kg mit einer von {b} kg. Die leichtere?",
    ),
    ("more expensive", "p"): (
        "Laden A verlangt {a} Euro, Laden B {b} Euro. Wo ist es teurer?",
        "Der rote Stift kostet {a} Euro, der blaue {b} Euro: Welcher ist teurer?",
    ),
    ("cheaper", "p"): (
        "Laden A verlangt {a} Euro, Laden B {b} Euro. Wo ist es billiger?",
        "Ich kann es für {a} Euro oder für {b} Euro kaufen. Was ist günstiger?",
    ),
    ("longer", "p"): (
        "Ein Kabel ist {a} m lang, ein anderes {b} m. Welches ist länger?",
        "Brett A hat {a} cm, Brett B {b} cm. Welches Brett ist länger?",
    ),
    ("shorter", "p"): (
        "Ein Kabel ist {a} m lang, ein anderes {b} m. Welches ist kürzer?",
        "Zwei Strecken, {a} km und {b} km. Welche Strecke ist kürzer?",
    ),
    ("faster", "p"): (
        "Der Bus fährt {a} km/h, der Laster {b} km/h. Wer ist schneller?",
        "Läufer A schafft {a} m/s, Läufer B {b} m/s. Wer ist schneller?",
    ),
    ("warmer", "t"): (
        "In der Küche sind es {a} °C, im Flur {b} °C. Welche Temperatur ist wärmer?",
        "Gestern waren es {a} °C, heute sind es {b} °C. Welcher Tag war wärmer?",
    ),
    ("older", "v"): (
        "Es gibt Version {a} und Version {b}. Welche Version ist älter?",
        "Ein Gerät hat Version {a}, ein anderes Version {b}. Wer hat die ältere?",
    ),
    ("earlier", "d"): (
        "Welches der Daten {a} und {b} liegt früher?",
        "Der erste Bericht ist vom {a}, der zweite vom {b}. Welcher liegt früher?",
    ),
}

FRENCH: Wordings = {
    ("larger", "n"): (
        "Au tableau, il y a {a} et {b}. Écris le plus grand nombre des deux.",
        "Dans la paire {a} et {b}, garde la valeur la plus grande.",
        "J'hésite : {a} dépasse-t-il {b}, ou est-ce l'inverse ?",
        "Confronte la valeur {a} à la valeur {b} et écris la plus grande.",
        "{a} contre {b} : le plus grand l'emporte, lequel est-ce ?",
    ),
    ("smaller", "n"): (
        "Au tableau, il y a {a} et {b}. Écris le plus petit nombre des deux.",
        "Dans la paire {a} et {b}, garde la valeur la plus petite.",
        "Confronte la valeur {a} à la valeur {b} et écris la plus petite.",
        "Parmi les décimaux {a} et {b}, lequel vaut le moins ?",
    ),
    ("max", "n"): (
        "La série de mesures contient {a} et {b} ; écris son maximum.",
        "Calcule max({a} ; {b}).",
    ),
    ("min", "n"): (
        "La série de mesures contient {a} et {b} ; écris son minimum.",
        "Calcule min({a} ; {b}).",
        "Quelle est la valeur la plus basse de la liste {a} ; {b} ?",
    ),
    ("asc", "n"): (
        "Mets {a} et {b} en ordre croissant.",
        "Écris {a} et {b} en commençant par le petit.",
    ),
    ("desc", "n"): (
        "Mets {a} et {b} en ordre décroissant.",
        "Écris {a} et {b} en commençant par le grand.",
    ),
    ("higher", "p"): (
        "Ce matin l'appareil indiquait {a} volts, maintenant {b} volts. Quelle tension est la plus élevée ?",
        "L'humidité de la serre est de {a} pour cent, celle du champ de {b} pour cent. Laquelle est la plus élevée ?",
    ),
    ("heavier", "p"): (
        "Sur la balance, il y a une caisse de {a} kg et une autre de {b} kg. Combien pèse la plus lourde ?",
        "Le paquet rouge pèse {a} kg, le bleu {b} kg : lequel est le plus lourd ?",
        "Compare une charge de {a} kg à une charge de {b} kg. La plus lourde ?",
    ),
    ("colder", "t"): (
        "Un thermomètre affiche {a} °C, l'autre {b} °C. Quel endroit est le plus froid ?",
        "Hier il y avait {a} °C et aujourd'hui {b} °C. Quel jour était le plus froid ?",
        "Le frigo A est à {a} °C, le frigo B à {b} °C : lequel est le plus froid ?",
        "Est-ce que {a} °C est plus froid que {b} °C ?",
    ),
    ("newer", "v"): (
        "La passerelle a la version {a}, la clé contient la version {b}. Quelle version est la plus récente ?",
        "Compare la version {a} à la version {b} : laquelle est la plus récente ?",
    ),
    ("later", "d"): (
        "Le premier rapport date du {a}, le second du {b}. Lequel est postérieur ?",
        "De {a} et {b}, quelle date vient après l'autre ?",
    ),
    ("lower", "p"): (
        "Un capteur indique {a} bar et un autre {b} bar. Quelle mesure est la plus basse ?",
        "La pile A donne {a} volts et la pile B {b} volts. Quelle tension est la plus basse ?",
    ),
    ("lighter", "p"): (
        "Un sac pèse {a} kg et l'autre {b} kg. Combien pèse le plus léger ?",
        "Compare une charge de {a} kg à une charge de {b} kg. La plus légère ?",
    ),
    ("more expensive", "p"): (
        "Le magasin A demande {a} euros, le magasin B {b} euros. Où est-ce plus cher ?",
        "Le stylo rouge coûte {a} euros, le bleu {b} euros : lequel est le plus cher ?",
    ),
    ("cheaper", "p"): (
        "Le magasin A demande {a} euros, le magasin B {b} euros. Où est-ce moins cher ?",
        "Je peux l'acheter à {a} euros ou à {b} euros. Lequel est le moins cher ?",
    ),
    ("longer", "p"): (
        "Un câble mesure {a} m et un autre {b} m. Lequel est le plus long ?",
        "La planche A fait {a} cm, la planche B {b} cm. Quelle planche est la plus longue ?",
    ),
    ("shorter", "p"): (
        "Un câble mesure {a} m et un autre {b} m. Lequel est le plus court ?",
        "Deux trajets, de {a} km et de {b} km. Quel trajet est le plus court ?",
    ),
    ("faster", "p"): (
        "Le bus roule à {a} km/h, le camion à {b} km/h. Lequel est le plus rapide ?",
        "Le coureur A va à {a} m/s, le B à {b} m/s. Qui est le plus rapide ?",
    ),
    ("warmer", "t"): (
        "Il fait {a} °C à la cuisine et {b} °C au couloir. Quelle température est la plus chaude ?",
        "Hier il y avait {a} °C et aujourd'hui {b} °C. Quel jour était le plus chaud ?",
    ),
    ("older", "v"): (
        "Il y a la version {a} et la version {b}. Quelle version est la plus ancienne ?",
        "Un appareil a la version {a}, un autre la version {b}. Laquelle est la plus ancienne ?",
    ),
    ("earlier", "d"): (
        "Des dates {a} et {b}, laquelle vient avant l'autre ?",
        "Le premier rapport date du {a}, le second du {b}. Lequel est antérieur ?",
    ),
}

PORTUGUESE: Wordings = {
    ("larger", "n"): (
        "No quadro estão escritos {a} e {b}. Escreva o número maior.",
        "Do par {a} e {b}, fique com o maior.",
        "Estou na dúvida: {a} supera {b} ou é o contrário?",
        "Confronte o valor {a} com o valor {b} e escreva o maior.",
        "{a} contra {b}: vence o maior, qual é?",
    ),
    ("smaller", "n"): (
        "No quadro estão escritos {a} e {b}. Escreva o número menor.",
        "Do par {a} e {b}, fique com o menor.",
        "Confronte o valor {a} com o valor {b} e escreva o menor.",
        "Dos decimais {a} e {b}, qual tem menos valor?",
    ),
    ("max", "n"): (
        "A lista de medidas contém {a} e {b}; escreva o máximo.",
        "Calcule máx({a}; {b}).",
    ),
    ("min", "n"): (
        "A lista de medidas contém {a} e {b}; escreva o mínimo.",
        "Calcule mín({a}; {b}).",
        "Qual é o valor mais baixo da lista {a}; {b}?",
    ),
    ("asc", "n"): (
        "Ponha {a} e {b} em ordem crescente.",
        "Escreva {a} e {b} começando pelo pequeno.",
    ),
    ("desc", "n"): (
        "Ponha {a} e {b} em ordem decrescente.",
        "Escreva {a} e {b} começando pelo grande.",
    ),
    ("higher", "p"): (
        "De manhã o medidor marcava {a} volts e agora marca {b} volts. Qual tensão é mais alta?",
        "A umidade da estufa é de {a} por cento e a do campo de {b} por cento. Qual é mais alta?",
    ),
    ("heavier", "p"): (
        "Na balança há uma caixa de {a} kg e outra de {b} kg. Quanto pesa a mais pesada?",
        "O pacote vermelho pesa {a} kg e o azul {b} kg: qual é mais pesado?",
        "Compare uma carga de {a} kg com outra de {b} kg. A mais pesada?",
    ),
    ("colder", "t"): (
        "Um termômetro marca {a} °C e o outro {b} °C. Qual dos lugares está mais frio?",
        "Ontem fez {a} °C e hoje faz {b} °C. Qual dia foi mais frio?",
        "A geladeira A está a {a} °C e a B a {b} °C: qual está mais fria?",
        "{a} °C é mais frio que {b} °C?",
    ),
    ("newer", "v"): (
        "O gateway tem a versão {a} e no pendrive está a versão {b}. Qual versão é mais nova?",
        "Compare a versão {a} com a versão {b}: qual é mais nova?",
    ),
    ("later", "d"): (
        "O primeiro relatório é de {a} e o segundo de {b}. Qual é posterior?",
        "De {a} e {b}, qual data vem depois da outra?",
    ),
    ("lower", "p"): (
        "Um sensor marca {a} bar e outro {b} bar. Qual leitura é mais baixa?",
        "A pilha A dá {a} volts e a B {b} volts. Qual tensão é mais baixa?",
    ),
    ("lighter", "p"): (
        "Uma caixa pesa {a} kg e a outra {b} kg. Quanto pesa a mais leve?",
        "Compare uma carga de {a} kg com outra de {b} kg. A mais leve?",
    ),
    ("more expensive", "p"): (
        "A loja A pede {a} euros e a loja B {b} euros. Onde é mais caro?",
        "A caneta vermelha custa {a} reais e a azul {b} reais: qual é mais cara?",
    ),
    ("cheaper", "p"): (
        "A loja A pede {a} euros e a loja B {b} euros. Onde é mais barato?",
        "Posso comprar por {a} reais ou por {b} reais. Qual é mais barato?",
    ),
    ("longer", "p"): (
        "Um cabo mede {a} m e outro {b} m. Qual é mais longo?",
        "A tábua A tem {a} cm e a B {b} cm. Qual tábua é mais longa?",
    ),
    ("shorter", "p"): (
        "Um cabo mede {a} m e outro {b} m. Qual é mais curto?",
        "Dois caminhos, de {a} km e de {b} km. Qual caminho é mais curto?",
    ),
    ("faster", "p"): (
        "O ônibus vai a {a} km/h e o caminhão a {b} km/h. Qual é mais rápido?",
        "O corredor A vai a {a} m/s e o B a {b} m/s. Quem é mais rápido?",
    ),
    ("warmer", "t"): (
        "Na cozinha estão {a} °C e no corredor {b} °C. Qual temperatura é mais quente?",
        "Ontem fez {a} °C e hoje faz {b} °C. Qual dia foi mais quente?",
    ),
    ("older", "v"): (
        "Há uma versão {a} e uma versão {b}. Qual versão é mais antiga?",
        "Um aparelho tem a versão {a} e outro a versão {b}. Qual é mais velha?",
    ),
    ("earlier", "d"): (
        "Das datas {a} e {b}, qual é anterior?",
        "O primeiro relatório é de {a} e o segundo de {b}. Qual é anterior?",
    ),
}
