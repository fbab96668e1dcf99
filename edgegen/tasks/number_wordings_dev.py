"""More wordings of number comparison to tune on, in six languages, written without a look at the sealed ones.

With one or two sentences for a kind of question, an adapter had all dev questions right and not all sealed ones: it was
tuned on too little. Each kind is asked here in several ways: as people talk and as forms do, with other nouns, in lists
by line and by comma, with what the number is wanted for. Appended to, as the lists in ``number_wordings_en``.
"""

from edgegen.tasks.number_wordings_en import Wordings

ENGLISH: Wordings = {
    ("larger", "n"): (
        "My boss wants the larger reading, so do I write {a} or {b} into the form?",
        "which num is larger of the two below\n{a}\n{b}",
    ),
    ("bigger", "n"): ("hey, whats bigger out of {a} n {b}?",),
    ("greater", "n"): ("Of these measurements, {a} and {b}, which has the greater value, and why?",),
    ("higher", "n"): ("Since only the higher figure goes into the report, which do I report: {a} or {b}?",),
    ("max", "n"): (
        "What's the single largest value that shows up in {a}, {b}?",
        "Tell me the highest number the counter ever reached if it logged {a} and later {b}.",
        "Our two trials ended with {a} and {b}. What's the top result?",
    ),
    ("only", "n"): ("Number only, please, not a sentence: is {a} or {b} the greater?",),
    ("smaller", "n"): (
        "I can only keep the smaller figure. Is that {a} or is it {b}?",
        "which num is smaller of the two below\n{a}\n{b}",
    ),
    ("lower", "n"): ("Whoever has the lower number begins: I drew {a}, she drew {b}. What is that number?",),
    ("min", "n"): (
        "What's the single smallest value that shows up in {a}, {b}?",
        "Tell me the lowest number the counter ever reached if it logged {a} and later {b}.",
        "Of the results {a} and {b}, which one is the least?",
    ),
    ("asc", "n"): (
        "Please put these two in order for me, smallest value at the top: {a} and {b}.",
        "Could you order {a}, {b} going up?",
    ),
    ("desc", "n"): (
        "Please put these two in order for me, largest value at the top: {a} and {b}.",
        "Could you order {a}, {b} going down?",
    ),
    ("higher", "p"): ("We saw {a} % humidity in the barn and {b} % in the shed; where is it more humid?",),
    ("lower", "p"): ("The left tyre has {a} bar, the right tyre {b} bar. Which tyre has less pressure?",),
    ("heavier", "p"): ("Dad's fish was {a} kg and mine was {b} kg. Whose catch was heavier?",),
    ("lighter", "p"): ("For the drone I can use a {a} g or a {b} g battery. How much is the lighter battery?",),
    ("more expensive", "p"): ("The blue jacket is {a} dollars and the grey one {b} dollars. How dear is the dearer?",),
    ("cheaper", "p"): ("Diesel is {a} euros here and {b} euros there. Where do I fill up to save money?",),
    ("longer", "p"): ("A ladder of {a} m leans beside a ladder of {b} m. Which ladder reaches higher up?",),
    ("shorter", "p"): ("By the beach it is {a} km, by the hill {b} km. How far is it if I am lazy?",),
    ("faster", "p"): ("Our old line gives {a} Mbit/s, the new one {b} Mbit/s. Which line is quicker?",),
    ("warmer", "t"): ("Bedroom {a} °C, bathroom {b} °C: in which room would you feel warmer?",),
    ("colder", "t"): ("The probe in the milk says {a} °C, the one in the juice {b} °C. Which drink is colder?",),
    ("newer", "v"): ("Mum's phone is on version {a}, mine is on version {b}. Whose phone is more up to date?",),
    ("older", "v"): ("Rack one boots version {a}, rack two boots version {b}. Which rack lags behind?",),
    ("later", "d"): ("The pump's warranty ends {a}, the fan's ends {b}. Which warranty lasts longer?",),
    ("earlier", "d"): ("Water is due on {a}, power is due on {b}. Which bill do I have to pay first?",),
}

INDONESIAN: Wordings = {
    ("larger", "n"): (
        "Angka yang lebih gede itu yang mana sih, {a} atau {b}?",
        "Di formulir harus saya isi nilai yang lebih besar. Hasilnya {a} dan {b}, jadi saya isi yang mana?",
        "Manakah yang lebih besar nilainya di antara kedua pembacaan berikut?\n{a}\n{b}",
        "Beri tahu saya angka yang lebih besar dari pasangan {a} dan {b}, beserta alasannya.",
    ),
    ("smaller", "n"): (
        "Yang kecilan yang mana nih: {a} apa {b}?",
        "Manakah di antara {a} serta {b} yang nilainya lebih kecil, dan apa sebabnya?",
        "Angka mana yang lebih rendah kalau kita punya {a}, lalu {b}?",
    ),
    ("max", "n"): (
        "Apa nilai paling besar yang muncul pada data {a} dan {b}?",
        "Angka terbesar yang ada di antara {a} dan {b} itu berapa?",
        "Hasil terbesar dari kedua percobaan, {a} dan {b}, adalah berapa?",
        "Dari hasil pengukuran {a} dan {b}, laporkan satu nilai yang paling besar.",
        "Sensor mencatat {a} kemudian {b}. Berapa bacaan maksimalnya?",
        "Tolong ambilkan bilangan paling besar dari dua bilangan berikut: {a}, {b}.",
        "Carikan nilai yang tertinggi di daftar ini:\n- {a}\n- {b}",
    ),
    ("min", "n"): (
        "Apa nilai paling kecil yang muncul pada data {a} dan {b}?",
        "Berapa angka terkecil yang pernah terbaca, kalau bacaannya {a} dan {b}?",
        "Dari hasil pengukuran {a} dan {b}, laporkan satu nilai yang paling kecil.",
        "Hasil terendah dari kedua percobaan, {a} dan {b}, adalah berapa?",
        "Untuk laporan harian, nilai minimumnya yang mana dari {a} dan {b}?",
    ),
    ("asc", "n"): (
        "Tolong urutin {a} sama {b} dari yang paling kecil ya.",
        "Kalau disusun dari kecil ke besar, bagaimana susunan {a} dan {b}?",
        "Daftarkan kedua nilai ini mulai dari nilai terendah: {a} dan {b}.",
    ),
    ("desc", "n"): (
        "Tolong urutin {a} sama {b} dari yang paling besar ya.",
        "Tampilkan {a} dan {b} dengan nilai tertinggi berada paling atas.",
        "Daftarkan kedua nilai ini mulai dari nilai tertinggi: {a} dan {b}.",
    ),
    ("higher", "p"): (
        "Kemarin listriknya {a} kWh dan hari ini {b} kWh. Pemakaian hari mana yang lebih banyak?",
        "Kamar tidur {a} % dan kamar mandi {b} %. Kamar mana yang lebih lembap?",
    ),
    ("lower", "p"): ("Ban depan {a} bar, ban belakang {b} bar. Ban mana yang tekanannya lebih rendah?",),
    ("heavier", "p"): ("Tangkapan ayah {a} kg, tangkapan paman {b} kg. Ikan siapa yang lebih berat?",),
    ("lighter", "p"): ("Ransel Sinta {a} kg, ransel Bayu {b} kg. Ransel mana yang lebih ringan dibawa?",),
    ("more expensive", "p"): ("Tiket kereta {a} ribu rupiah, tiket bus {b} ribu rupiah. Tiket apa yang lebih mahal?",),
    ("cheaper", "p"): ("Beras di warung {a} ribu, di pasar {b} ribu. Belinya lebih murah di mana?",),
    ("longer", "p"): ("Tali jemuran {a} meter dan tali tenda {b} meter. Tali mana yang lebih panjang?",),
    ("shorter", "p"): ("Lewat pasar {a} km, lewat sungai {b} km. Jalan mana yang lebih dekat?",),
    ("faster", "p"): ("Motor melaju {a} km/jam, mobil {b} km/jam. Kendaraan apa yang lebih cepat?",),
    ("colder", "t"): (
        "Di Puncak suhunya {a} °C, di Bogor {b} °C. Kota mana yang paling dingin?",
        "Peti es satu terbaca {a} derajat dan peti es dua {b} derajat; yang lebih rendah suhunya yang mana?",
    ),
    ("warmer", "t"): ("Air kolam {a} °C, air laut {b} °C. Berenang lebih hangat di mana?",),
    ("newer", "v"): ("HP saya pakai versi {a}, HP istri versi {b}. HP siapa yang versinya lebih baru?",),
    ("older", "v"): ("Modul pertama masih versi {a}, modul kedua versi {b}. Modul mana yang versinya lebih lama?",),
    ("later", "d"): ("Garansi pompa habis {a}, garansi kipas habis {b}. Garansi mana yang berakhir belakangan?",),
    ("earlier", "d"): ("Tagihan air jatuh tempo {a} dan tagihan listrik {b}. Mana yang harus dibayar lebih awal?",),
}

SPANISH: Wordings = {
    ("larger", "n"): (
        "En el formulario tengo que poner la cifra más grande. Me salieron {a} y {b}, ¿cuál pongo?",
        "a ver, cuál es más grande de los dos de abajo\n{a}\n{b}",
        "¿Cuál de estas dos cantidades es la mayor, {a} o {b}, y por qué?",
    ),
    ("smaller", "n"): (
        "Me tengo que quedar con la cifra más pequeña. ¿Es {a} o es {b}?",
        "¿Cuál de estas dos cantidades es la menor, {a} o {b}, y por qué?",
    ),
    ("max", "n"): (
        "¿Qué resultado fue el más alto de los ensayos {a} y {b}?",
        "Del registro salen {a} y, más tarde, {b}. Dime hasta qué valor máximo se llegó.",
        "¿Cuál es la cifra más grande que aparece en esta lista?\n- {a}\n- {b}",
    ),
    ("min", "n"): (
        "¿Qué resultado fue el más bajo de los ensayos {a} y {b}?",
        "Del registro salen {a} y, más tarde, {b}. Dime a qué valor mínimo se llegó.",
        "¿Cuál es la cifra más pequeña que aparece en esta lista?\n- {a}\n- {b}",
    ),
    ("asc", "n"): (
        "Ponme en orden {a} y {b}, con el valor más pequeño arriba.",
        "¿Me ordenas {a}, {b} hacia arriba?",
    ),
    ("desc", "n"): (
        "Ponme en orden {a} y {b}, con el valor más grande arriba.",
        "¿Me ordenas {a}, {b} hacia abajo?",
    ),
    ("higher", "p"): ("En el establo hay {a} % de humedad y en el cobertizo {b} %. ¿Dónde hay más humedad?",),
    ("lower", "p"): ("La rueda izquierda tiene {a} bar y la derecha {b} bar. ¿Qué rueda tiene menos presión?",),
    ("heavier", "p"): ("El pez de papá pesó {a} kg y el mío {b} kg. ¿Qué pez fue más pesado?",),
    ("lighter", "p"): ("La mochila de Inés lleva {a} kg y la de Raúl {b} kg. ¿Qué mochila es más ligera?",),
    ("more expensive", "p"): ("La chaqueta azul vale {a} euros y la gris {b} euros. ¿Qué chaqueta es más cara?",),
    ("cheaper", "p"): ("El gasóleo está aquí a {a} euros y allí a {b} euros. ¿Dónde me sale más barato?",),
    ("longer", "p"): ("Hay una escalera de {a} m y otra de {b} m. ¿Qué escalera es más larga?",),
    ("shorter", "p"): ("Por la playa son {a} km y por el monte {b} km. ¿Qué camino es más corto?",),
    ("faster", "p"): ("La moto iba a {a} km/h y el coche a {b} km/h. ¿Qué vehículo iba más rápido?",),
    ("colder", "t"): ("La sonda de la leche da {a} °C y la del zumo {b} °C. ¿Qué bebida está más fría?",),
    ("warmer", "t"): ("El dormitorio tiene {a} °C y el baño {b} °C. ¿En qué habitación hace más calor?",),
    ("newer", "v"): ("Mi móvil va con la versión {a} y el de mi madre con la versión {b}. ¿Qué móvil está al día?",),
    ("older", "v"): ("Un módulo sigue en la versión {a} y otro en la versión {b}. ¿Qué versión es más antigua?",),
    ("later", "d"): ("La garantía de la bomba acaba el {a} y la del ventilador el {b}. ¿Cuál dura más?",),
    ("earlier", "d"): ("El agua se paga el {a} y la luz el {b}. ¿Qué recibo hay que pagar antes?",),
}

GERMAN: Wordings = {
    ("larger", "n"): (
        "In das Formular gehört die größere Angabe. Bei mir kam {a} und {b} heraus; was trage ich ein?",
        "na, welche zahl da unten ist größer\n{a}\n{b}",
        "Welcher der Messwerte {a} und {b} ist größer, und warum?",
    ),
    ("smaller", "n"): (
        "Ich darf nur die kleinere Angabe behalten. Ist das {a} oder ist es {b}?",
        "Welcher der Messwerte {a} und {b} ist kleiner, und warum?",
    ),
    ("max", "n"): (
        "Welches Ergebnis der Versuche {a} und {b} war das höchste?",
        "Der Zähler stand erst bei {a}, später bei {b}. Wie hoch stand er höchstens?",
        "Was ist die größte Zahl in dieser Aufstellung?\n- {a}\n- {b}",
    ),
    ("min", "n"): (
        "Welches Ergebnis der Versuche {a} und {b} war das niedrigste?",
        "Der Zähler stand erst bei {a}, später bei {b}. Wie niedrig stand er mindestens?",
        "Was ist die kleinste Zahl in dieser Aufstellung?\n- {a}\n- {b}",
    ),
    ("asc", "n"): (
        "Ordne mir {a} und {b} bitte so, dass der kleinste Wert oben steht.",
        "Kannst du {a}, {b} nach oben hin sortieren, also steigend?",
    ),
    ("desc", "n"): (
        "Ordne mir {a} und {b} bitte so, dass der größte Wert oben steht.",
        "Kannst du {a}, {b} nach unten hin sortieren, also fallend?",
    ),
    ("higher", "p"): ("Im Stall sind {a} % Feuchte und im Schuppen {b} %. Wo ist es feuchter?",),
    ("lower", "p"): ("Der linke Reifen hat {a} bar, der rechte {b} bar. Welcher Reifen hat weniger Druck?",),
    ("heavier", "p"): ("Papas Fisch wog {a} kg und meiner {b} kg. Wessen Fisch war schwerer?",),
    ("lighter", "p"): ("Sinas Rucksack wiegt {a} kg, der von Ben {b} kg. Welcher Rucksack ist leichter?",),
    ("more expensive", "p"): ("Die blaue Jacke kostet {a} Euro, die graue {b} Euro. Welche Jacke ist teurer?",),
    ("cheaper", "p"): ("Diesel kostet hier {a} Euro und dort {b} Euro. Wo tanke ich billiger?",),
    ("longer", "p"): ("Hier lehnt eine Leiter von {a} m und dort eine von {b} m. Welche Leiter ist länger?",),
    ("shorter", "p"): ("Am Strand entlang sind es {a} km, über den Berg {b} km. Welcher Weg ist kürzer?",),
    ("faster", "p"): ("Das Motorrad fuhr {a} km/h und das Auto {b} km/h. Welches Fahrzeug war schneller?",),
    ("colder", "t"): ("Der Fühler in der Milch meldet {a} °C, der im Saft {b} °C. Welches Getränk ist kälter?",),
    ("warmer", "t"): ("Das Schlafzimmer hat {a} °C, das Bad {b} °C. In welchem Raum ist es wärmer?",),
    ("newer", "v"): ("Mamas Handy hat Version {a}, meines Version {b}. Wessen Handy ist auf neuerem Stand?",),
    ("older", "v"): ("Ein Modul hat noch Version {a}, ein anderes Version {b}. Welche Version ist älter?",),
    ("later", "d"): ("Die Garantie der Pumpe endet am {a}, die des Lüfters am {b}. Welche läuft länger?",),
    ("earlier", "d"): ("Wasser ist am {a} fällig, Strom am {b}. Welche Rechnung muss ich eher zahlen?",),
}

FRENCH: Wordings = {
    ("larger", "n"): (
        "Sur le formulaire, je dois mettre le chiffre le plus grand. J'ai trouvé {a} et {b} : je mets lequel ?",
        "alors, lequel est plus grand ci-dessous\n{a}\n{b}",
        "Laquelle de ces mesures, {a} ou {b}, est la plus grande, et pourquoi ?",
    ),
    ("smaller", "n"): (
        "Je ne dois garder que le chiffre le plus petit. Est-ce {a} ou est-ce {b} ?",
        "Laquelle de ces mesures, {a} ou {b}, est la plus petite, et pourquoi ?",
    ),
    ("max", "n"): (
        "Quel résultat des essais {a} et {b} a été le plus haut ?",
        "Le compteur était à {a}, plus tard à {b}. Jusqu'à combien est-il monté au plus haut ?",
        "Quel est le plus grand nombre de cette liste ?\n- {a}\n- {b}",
    ),
    ("min", "n"): (
        "Quel résultat des essais {a} et {b} a été le plus bas ?",
        "Le compteur était à {a}, plus tard à {b}. Jusqu'à combien est-il descendu au plus bas ?",
        "Quel est le plus petit nombre de cette liste ?\n- {a}\n- {b}",
    ),
    ("asc", "n"): (
        "Range-moi {a} et {b} avec la plus petite valeur en haut.",
        "Tu peux me trier {a}, {b} en montant ?",
    ),
    ("desc", "n"): (
        "Range-moi {a} et {b} avec la plus grande valeur en haut.",
        "Tu peux me trier {a}, {b} en descendant ?",
    ),
    ("higher", "p"): ("Il y a {a} % d'humidité à l'étable et {b} % à la remise. Où est-ce plus humide ?",),
    ("lower", "p"): ("Le pneu gauche a {a} bar, le droit {b} bar. Quel pneu a le moins de pression ?",),
    ("heavier", "p"): ("Le poisson de papa pesait {a} kg et le mien {b} kg. Quel poisson était plus lourd ?",),
    ("lighter", "p"): ("Le sac d'Inès fait {a} kg, celui de Rémi {b} kg. Quel sac est le plus léger ?",),
    ("more expensive", "p"): ("La veste bleue coûte {a} euros, la grise {b} euros. Quelle veste est plus chère ?",),
    ("cheaper", "p"): ("Le gazole est ici à {a} euros et là-bas à {b} euros. Où est-il moins cher ?",),
    ("longer", "p"): ("Une échelle fait {a} m et une autre {b} m. Quelle échelle est la plus longue ?",),
    ("shorter", "p"): ("Par la plage il y a {a} km, par la colline {b} km. Quel chemin est plus court ?",),
    ("faster", "p"): ("La moto roulait à {a} km/h et la voiture à {b} km/h. Qui roulait plus vite ?",),
    ("colder", "t"): ("La sonde du lait donne {a} °C, celle du jus {b} °C. Quelle boisson est plus froide ?",),
    ("warmer", "t"): ("La chambre est à {a} °C, la salle de bains à {b} °C. Dans quelle pièce fait-il plus chaud ?",),
    ("newer", "v"): ("Mon téléphone est en version {a}, celui de ma mère en version {b}. Lequel est plus à jour ?",),
    ("older", "v"): ("Un module est resté en version {a}, un autre en {b}. Quelle version est plus ancienne ?",),
    ("later", "d"): ("La garantie de la pompe finit le {a}, celle du ventilateur le {b}. Laquelle dure plus ?",),
    ("earlier", "d"): ("L'eau est à payer le {a}, l'électricité le {b}. Quelle facture faut-il payer avant ?",),
}

PORTUGUESE: Wordings = {
    ("larger", "n"): (
        "No formulário tenho de pôr o número maior. Deu {a} e {b}; qual deles ponho?",
        "então, qual é maior destes aqui em baixo\n{a}\n{b}",
        "Qual destas medições, {a} ou {b}, é a maior, e por quê?",
    ),
    ("smaller", "n"): (
        "Só posso ficar com o número menor. É {a} ou é {b}?",
        "Qual destas medições, {a} ou {b}, é a menor, e por quê?",
    ),
    ("max", "n"): (
        "Qual resultado dos ensaios {a} e {b} foi o mais alto?",
        "O contador estava em {a} e mais tarde em {b}. A que valor máximo chegou?",
        "Qual é o maior número que aparece nesta lista?\n- {a}\n- {b}",
    ),
    ("min", "n"): (
        "Qual resultado dos ensaios {a} e {b} foi o mais baixo?",
        "O contador estava em {a} e mais tarde em {b}. A que valor mínimo chegou?",
        "Qual é o menor número que aparece nesta lista?\n- {a}\n- {b}",
    ),
    ("asc", "n"): (
        "Põe-me {a} e {b} em ordem, com o valor mais pequeno em cima.",
        "Você ordena {a}, {b} para cima, por favor?",
    ),
    ("desc", "n"): (
        "Põe-me {a} e {b} em ordem, com o valor mais alto em cima.",
        "Você ordena {a}, {b} para baixo, por favor?",
    ),
    ("higher", "p"): ("No estábulo há {a} % de umidade e no galpão {b} %. Onde há mais umidade?",),
    ("lower", "p"): ("O pneu esquerdo tem {a} bar e o direito {b} bar. Que pneu tem menos pressão?",),
    ("heavier", "p"): ("O peixe do pai pesou {a} kg e o meu {b} kg. Que peixe era mais pesado?",),
    ("lighter", "p"): ("A mochila da Inês leva {a} kg e a do Rui {b} kg. Que mochila é mais leve?",),
    ("more expensive", "p"): ("O casaco azul custa {a} euros e o cinzento {b} euros. Que casaco é mais caro?",),
    ("cheaper", "p"): ("O gasóleo está aqui a {a} euros e ali a {b} euros. Onde é mais barato?",),
    ("longer", "p"): ("Há uma escada de {a} m e outra de {b} m. Qual escada é mais comprida?",),
    ("shorter", "p"): ("Pela praia são {a} km e pelo monte {b} km. Que caminho é mais curto?",),
    ("faster", "p"): ("A moto ia a {a} km/h e o carro a {b} km/h. Quem ia mais rápido?",),
    ("colder", "t"): ("A sonda do leite dá {a} °C e a do sumo {b} °C. Que bebida está mais fria?",),
    ("warmer", "t"): ("O quarto tem {a} °C e a casa de banho {b} °C. Em que divisão está mais quente?",),
    ("newer", "v"): ("O meu celular tem a versão {a}, o da minha mãe a versão {b}. Qual celular está mais em dia?",),
    ("older", "v"): ("Um módulo ainda está na versão {a}, outro na versão {b}. Qual versão é mais antiga?",),
    ("later", "d"): ("A garantia da bomba acaba em {a} e a do ventilador em {b}. Qual dura mais?",),
    ("earlier", "d"): ("A água paga-se em {a} e a luz em {b}. Que conta tenho de pagar antes?",),
}
