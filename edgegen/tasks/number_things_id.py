"""Indonesian wordings about prices, lengths and speeds for training alone."""

from collections.abc import Mapping

from edgegen.tasks.number_grammar import Kind, Scene, Turning

_GOODS = (
    ("toko A", "toko B"),
    ("pulpen merah", "pulpen biru"),
    ("pasar", "mal"),
    ("minggu lalu", "minggu ini"),
    ("kemasan kecil", "kemasan besar"),
    ("barang bekas", "barang baru"),
    ("kereta", "bus"),
    ("tarif siang", "tarif malam"),
    ("merek A", "merek B"),
    ("kopi", "teh"),
    ("kabel", "adaptor"),
    ("sewa kamar atas", "sewa kamar bawah"),
    ("servis pertama", "servis kedua"),
    ("minyak goreng", "gula pasir"),
)
_MONEY = ("Rp#", "# ribu", "# ribu", "# ribu rupiah", "# juta", "# rupiah", "$#", "# dolar", "# euro")
_LENGTH = ("# m", "# cm", "# km", "# meter", "# mm", "# kilometer", "#m", "# inci")
_SPEED = ("# km/jam", "# m/s", "# knot", "# kilometer per jam", "#km/jam", "# Mbps")
_LONG = (
    ("kabel pertama", "kabel kedua"),
    ("tali merah", "tali hijau"),
    ("lompatan Ani", "lompatan Budi"),
    ("papan A", "papan B"),
    ("jalan lewat sungai", "jalan lewat kota"),
    ("pipa", "batang besi"),
    ("tembok utara", "tembok barat"),
    ("meja", "rak"),
    ("selang lama", "selang baru"),
    ("rute 1", "rute 2"),
)
_FAST = (
    ("mobil satu", "mobil dua"),
    ("bus", "trem"),
    ("angin pagi", "angin malam"),
    ("ban berjalan A", "ban berjalan B"),
    ("pelari pertama", "pelari kedua"),
    ("drone 1", "drone 2"),
    ("kereta", "truk"),
    ("sepeda Rina", "sepeda Agus"),
    ("kapal", "perahu"),
)
# Of two things with a quantity; what a scene adds says the verb.
_AT = (
    "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
    "{X} {A}[,| dan|;| sedangkan|, sementara] {Y} {B}. {Q}",
    "{A} atau {B}: {Q}",
    "{Q} {X} {A}, {Y} {B}.",
    "[dari|antara|di antara] {A} dan {B}: {Q}",
    "{A} dan {B}. {Q}",
    "{Q} {A} atau {B}",
    "[dari|di antara] {X} ({A}) dan {Y} ({B}): {Q}",
    "kalau {X} {A} dan {Y} {B}: {Q}",
    "data: {X} = {A}; {Y} = {B}. {Q}",
    "{A} [lawan|vs|banding] {B}. {Q}",
    "[ada dua pilihan|pilihannya], {A} [dan|atau] {B}. {Q}",
    "{Q} Yang satu {A}, yang lain {B}.",
    "mana yang {W}[:|,] {A} atau {B}?",
    "{W} mana[:|,] {A} [atau|apa|sama] {B}?",
    "apakah {A} {W} [dari|daripada|ketimbang] {B}?",
    "[dari|di antara] {A} dan {B}, [mana yang {W}?|sebutkan yang {W}.|yang {S} adalah|berapa yang {S}?]",
    "[sebutkan|pilih|tuliskan] yang {W} [dari|antara] {A} dan {B}.",
    "{X} ({A}) atau {Y} ({B}), mana yang {W}?",
    "[dari|di antara] dua [pilihan|angka] ini, mana yang {W}?{AB}",
)
_ASKS = (
    "Mana yang {W}?",
    "Yang mana {W}?",
    "Manakah yang {W}?",
    "Yang {W} yang mana?",
    "{W} mana?",
    "Sebutkan yang {W}.",
    "[Tulis|Ambil|Pilih] yang {W}.",
    "Mana yang {S}?",
    "Berapa yang {S}?",
    "Yang {W}?",
    "Yang {S} adalah",
    "Saya mau yang {W}.",
    "Di antara keduanya, mana yang {W}?",
)
_PAID = (
    "harga {X} {A}[,| dan|, sedangkan] [harga |]{Y} {B}. {Q}",
    "{X} [dijual|harganya|dihargai|minta] {A}[,| dan|;] {Y} {B}. {Q}",
    "[beli|bayar] {A} atau {B}? {Q}",
    "[saya|kami] [bisa|harus] bayar {A} atau {B}. {Q}",
    "harganya [naik turun|berubah] dari {A} ke {B}. {Q}",
    "[penawaran|harga|ongkos]: {A}; {B}. {Q}",
)
_PAID_ASKS = (
    "Harga mana yang {W}?",
    "Di mana {W}?",
    "Barang mana yang {W}?",
    "Belanja di mana yang {W}?",
    "Kapan {W}?",
)
_MEASURED = (
    "panjang {X} {A}[,| dan|, sedangkan] [panjang |]{Y} {B}. {Q}",
    "{X} [panjangnya|sepanjang|berukuran] {A}[,| dan|;] {Y} {B}. {Q}",
    "[jarak|panjang]: {A}; {B}. {Q}",
    "[sepotong|seutas|satu] [pipa|tali|kabel] {A}, [pipa|tali|kabel] lain {B}. {Q}",
)
_MEASURED_ASKS = ("Ukuran mana yang {W}?", "Benda mana yang {W}?", "Berapa panjang yang {W}?")
_DRIVEN = (
    "{X} [melaju|bergerak|berjalan|berkecepatan] {A}[,| dan|;| sedangkan] {Y} {B}. {Q}",
    "kecepatan {X} {A}[,| dan|, sedangkan] [kecepatan |]{Y} {B}. {Q}",
    "[kecepatan|laju]: {A}; {B}. {Q}",
    "spidometer menunjukkan {A} lalu {B}. {Q}",
)
_DRIVEN_ASKS = ("Siapa yang {W}?", "Laju mana yang {W}?", "Kecepatan mana yang {W}?", "Kendaraan mana yang {W}?")

# What is asked for in other words than "higher".
MUCH = (
    "kelembapan {X} {a} %, {Y} {b} %. [Mana yang|Tempat mana yang] lebih lembap?",
    "[udara|tanah] di {X} {a} persen, di {Y} {b} persen. Di mana lebih lembap?",
    "suara {X} {a} dB, {Y} {b} dB. [Mana yang|Yang mana] lebih bising?",
    "cahaya di {X} {a} lux, di {Y} {b} lux. [Mana yang|Di mana] lebih terang?",
    "sumur pertama {a} m, sumur kedua {b} m. [Mana yang|Sumur mana yang] lebih dalam?",
    "umur {X} {a} tahun, {Y} {b} tahun. [Mana yang|Siapa yang] lebih tua?",
    "baterai {X} {a} %, {Y} {b} %. [Baterai mana yang|Yang mana] lebih penuh?",
    "[listrik|pemakaian] {X} {a} kWh, {Y} {b} kWh. [Mana yang lebih boros?|Mana yang lebih banyak?]",
    "[tangki|ember|botol] satu berisi {a} liter, yang dua {b} liter. [Isi mana yang|Mana yang] lebih banyak?",
    "hujan [kemarin|di {X}] {a} mm, [hari ini|di {Y}] {b} mm. [Kapan|Hujan mana yang] lebih banyak?",
    "[menara|pohon|gedung] A {a} m, [menara|pohon|gedung] B {b} m. [Mana yang|Yang mana] lebih tinggi?",
    "[papan|kertas|dinding] A {a} mm, [papan|kertas|dinding] B {b} mm. Mana yang lebih tebal?",
    "[jalan|pintu|sungai] A {a} m, [jalan|pintu|sungai] B {b} m. Mana yang lebih lebar?",
    "[skor|nilai|poin] {X} {a}, {Y} {b}. [Siapa yang unggul?|Yang lebih tinggi?|Mana yang lebih bagus?]",
)
# By the opposite kind: whose lines it turns round, with these words replaced in this order.
OPPOSITES: Mapping[Kind, Turning] = {
    ("lower", "p"): (
        ("higher", "p"),
        (
            ("lebih tinggi", "lebih rendah"),
            ("tertinggi", "terendah"),
            ("di atas", "di bawah"),
            ("lembap?", "kering?"),
            ("bising?", "sunyi?"),
            ("terang", "gelap"),
            ("dalam?", "dangkal?"),
            ("tua", "muda"),
            ("lebih penuh", "lebih kosong"),
            ("lebih boros", "lebih hemat"),
            ("lebih banyak", "lebih sedikit"),
            ("tebal", "tipis"),
            ("lebar?", "sempit?"),
            ("unggul", "kalah"),
            ("lebih bagus", "lebih jelek"),
        ),
    ),
    ("lighter", "p"): (
        ("heavier", "p"),
        (
            ("lebih berat", "lebih ringan"),
            ("terberat", "teringan"),
            ("paling berat", "paling ringan"),
            ("lebih besar", "lebih kecil"),
            ("[terbesar|tertinggi]", "[terkecil|terendah]"),
        ),
    ),
    ("warmer", "t"): (
        ("colder", "t"),
        (
            ("lebih dingin", "lebih [hangat|panas|hangat]"),
            ("terdingin", "[terpanas|terhangat]"),
            ("[dingin|rendah]", "[hangat|panas|tinggi]"),
            ("lebih rendah", "lebih tinggi"),
            ("terendah", "tertinggi"),
            ("paling rendah", "paling tinggi"),
            ("kedinginan", "kepanasan"),
        ),
    ),
    ("older", "v"): (
        ("newer", "v"),
        (
            ("lebih baru", "lebih [lama|tua|lama]"),
            ("lebih [baru|mutakhir]", "lebih [lama|usang]"),
            ("lebih mutakhir", "lebih usang"),
            ("paling mutakhir", "paling usang"),
            ("terbaru", "[terlama|tertua]"),
            ("keluar belakangan", "keluar lebih dulu"),
            ("lebih tinggi", "lebih rendah"),
            ("lebih akhir", "lebih awal"),
            ("harus dipasang supaya mutakhir", "harus diperbarui"),
        ),
    ),
    ("earlier", "d"): (
        ("later", "d"),
        (
            ("lebih akhir", "lebih awal"),
            ("paling akhir", "paling awal"),
            ("datang belakangan", "datang lebih dulu"),
            ("datang kemudian", "datang duluan"),
            ("datang [kemudian|belakangan]", "datang [duluan|lebih dulu]"),
            ("jatuh [belakangan", "jatuh [lebih dulu"),
            ("lebih belakangan", "lebih dulu"),
            ("sesudah", "sebelum"),
            ("Tanggal terakhir", "Tanggal pertama"),
            ("lebih jauh di masa depan", "lebih jauh di masa lalu"),
            ("lebih baru", "lebih lama"),
        ),
    ),
}

SCENES = {
    ("more expensive", "p"): Scene(
        (*_AT, *_PAID),
        (("lebih mahal", "termahal"), ("lebih mahal", "paling mahal")),
        _MONEY,
        _GOODS,
        (*_ASKS, *_PAID_ASKS, "Harga mana yang lebih tinggi?", "Mahalan mana?", "Berapa harga tertingginya?"),
    ),
    ("cheaper", "p"): Scene(
        (*_AT, *_PAID),
        (("lebih murah", "termurah"), ("lebih murah", "paling murah")),
        _MONEY,
        _GOODS,
        (*_ASKS, *_PAID_ASKS, "Harga mana yang lebih rendah?", "Murahan mana?", "Mana yang lebih hemat?"),
    ),
    ("longer", "p"): Scene(
        (*_AT, *_MEASURED),
        (("lebih panjang", "terpanjang"), ("lebih panjang", "paling panjang")),
        _LENGTH,
        _LONG,
        (*_ASKS, *_MEASURED_ASKS, "Mana yang lebih jauh?", "Panjangan mana?"),
    ),
    ("shorter", "p"): Scene(
        (*_AT, *_MEASURED),
        (("lebih pendek", "terpendek"), ("lebih pendek", "paling pendek")),
        _LENGTH,
        _LONG,
        (*_ASKS, *_MEASURED_ASKS, "Mana yang lebih dekat?", "Pendekan mana?"),
    ),
    ("faster", "p"): Scene(
        (*_AT, *_DRIVEN),
        (("lebih cepat", "tercepat"), ("lebih cepat", "paling cepat")),
        _SPEED,
        _FAST,
        (*_ASKS, *_DRIVEN_ASKS, "Mana yang lebih kencang?"),
    ),
}
