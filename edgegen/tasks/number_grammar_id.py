"""Indonesian number comparison as a grammar (``number_grammar``), for training alone."""

from edgegen.tasks.number_grammar import Grammar, Scene

_PLACES = (
    ("sensor 1", "sensor 2"),
    ("sensor pertama", "sensor kedua"),
    ("saluran masuk", "saluran keluar"),
    ("pompa A", "pompa B"),
    ("meteran kiri", "meteran kanan"),
    ("gudang bawah", "loteng"),
    ("kemarin", "hari ini"),
    ("jalur 3", "jalur 4"),
    ("pagi", "malam"),
    ("sebelum perbaikan", "sesudahnya"),
    ("layar", "catatan"),
)
_LOADS = (
    ("paket merah", "paket biru"),
    ("peti A", "peti B"),
    ("karung pertama", "karung kedua"),
    ("koper saya", "koper Anda"),
    ("kucing itu", "anjing itu"),
    ("batu itu", "bata itu"),
    ("palet 7", "palet 8"),
    ("contoh 1", "contoh 2"),
    ("kiriman Senin", "kiriman Selasa"),
    ("labu itu", "melon itu"),
    ("sepeda itu", "gerobak itu"),
)
_COLD = (
    ("dapur", "lorong"),
    ("lemari beku A", "lemari beku B"),
    ("di luar", "di dalam"),
    ("kemarin", "hari ini"),
    ("ruang bawah", "atap"),
    ("danau", "udara"),
    ("tadi malam", "malam ini"),
    ("Bandung", "Surabaya"),
    ("truk", "gudang"),
    ("lembah", "puncak"),
    ("tangki 1", "tangki 2"),
    ("sensor 1", "sensor 2"),
)
_MACHINES = (
    ("perangkat 1", "perangkat 2"),
    ("gateway", "flashdisk"),
    ("laptop saya", "server"),
    ("simpul A", "simpul B"),
    ("meja uji", "pabrik"),
    ("telepon", "tablet"),
    ("Ani", "Budi"),
    ("kamera 2", "kamera 3"),
    ("router lama", "router baru"),
    ("paket", "sistem"),
)
_PAPERS = (
    ("sertifikat", "kontrak"),
    ("laporan pertama", "laporan kedua"),
    ("kiriman", "tagihan"),
    ("cadangan", "catatan"),
    ("pesanan", "balasan"),
    ("berkas A", "berkas B"),
    ("lisensi 1", "lisensi 2"),
)


def _pairs(great: str, most: str) -> tuple[str, ...]:
    """Cores for two numbers, of which the ``great`` ("besar") is asked for; ``most``: "terbesar"."""
    more = f"lebih {great}"
    return (
        f"[mana|mana yang|bilangan mana yang|angka mana yang|nilai mana yang|yang mana] {more}[:|,] {{a}} atau {{b}}?",
        f"{{a}} atau {{b}}[:|,| -] [mana|mana yang|yang mana] {more}?",
        f"{{a}}[, | dan | / | atau | lawan ]{{b}}[.|:] [Mana|Mana yang|Bilangan mana yang|Yang mana] {more}?",
        (
            f"[sebutkan|sebut|katakan|beri tahu saya|tulis|tuliskan|pilih|cari|tunjukkan|tentukan] "
            f"[bilangan|angka|nilai] yang {more} "
            "[dari|antara|di antara] {a} dan {b}."
        ),
        (
            f"[bandingkan|lihat|ambil] [bilangan |angka |nilai |desimal |]{{a}} [dan|dengan] "
            f"{{b}}[.|:] [Mana yang {more}?|Yang {more} "
            f"yang mana?|Sebutkan yang {more}.|Katakan mana yang {more}.]"
        ),
        f"[dari|antara|di antara] {{a}} dan {{b}}, [mana|mana yang|bilangan mana yang] {more}?",
        f"apakah {{a}} [memang |benar-benar |]{more} [dari|daripada] {{b}}?",
        f"apakah {{a}} {more} dari {{b}}, atau [sebaliknya|tidak|{{b}} yang {more}]?",
        f"[benarkah|betulkah|apakah benar] {{a}} {more} [dari|daripada] {{b}}?",
        (
            f"[saya kira|menurut saya|kata teman|guru berkata|ada yang bilang] {{a}} {more} dari "
            f"{{b}}. [Benarkah?|Betul?|Apa "
            f"pendapatmu?|Mana yang {more}?]"
        ),
        f"x = {{a}}[,| dan|;] y = {{b}}. [Variabel mana yang {more}?|Nilai mana yang {more}?]",
        (
            f"[ada|berikut] dua [bilangan|angka|nilai|hasil]: {{a}} dan {{b}}. [Mana yang "
            f"{more}?|Sebutkan yang {more}.|Yang {more}?]"
        ),
        (
            f"[Ani|Tono|tim A|kolom 1] punya {{a}}, [Budi|Sari|tim B|kolom 2] punya {{b}}. [Angka "
            f"siapa yang {more}?|Angka mana yang "
            f"{more}?]"
        ),
        f"[bilangan|angka|nilai] yang {more} [dari|antara] {{a}} dan {{b}}[?|.|, tolong.| adalah]",
        f"{more}: {{a}} atau {{b}}?",
        f"{{a}}; {{b}} -> {more}",
        f"yang {more} {{a}} atau {{b}}?",
        f"[bilangan|angka] {most} [dari|antara] {{a}} dan {{b}} [adalah|yang mana?]",
        f"kalau saya punya {{a}} dan kamu {{b}}, siapa yang angkanya {more}?",
        f"tentukan: {{a}} atau {{b}}. Yang dicari yang {more}.",
        f"manakah yang {more}[:|,] {{a}} atau {{b}}?",
    )


def _quantity(great: str, low: str, *nouns: str) -> tuple[str, ...]:
    """Questions for the thing that has more; ``low`` says the extreme ("tertinggi")."""
    return (
        f"Mana yang lebih {great}?",
        f"Yang mana lebih {great}?",
        f"Manakah yang lebih {great}?",
        f"Sebutkan yang lebih {great}.",
        f"Yang lebih {great} yang mana?",
        f"Tunjukkan yang lebih {great}.",
        f"Yang {low} yang mana?",
        *(f"{noun} mana yang lebih {great}?" for noun in nouns),
        f"Lebih {great} yang mana?",
        f"Yang lebih {great} berapa?",
    )


_AT = (
    "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
    "{X} {A}[,| dan|;| sedangkan] {Y} {B}. {Q}",
    "{A} atau {B}: {Q}",
    "[bandingkan|lihat] {A} [dan|dengan] {B}. {Q}",
    "{Q} {X} {A}, {Y} {B}.",
    "[dari|antara] {A} dan {B}: {Q}",
)

GRAMMAR = Grammar(
    scenes={
        ("larger", "n"): Scene(
            (
                *_pairs("besar", "terbesar"),
                "mana yang nilainya lebih [tinggi|besar]: {a} atau {b}?",
                ("apakah {a} melebihi {b}? Sebutkan yang lebih besar."),
                "mana yang lebih ke kanan di garis bilangan, {a} atau {b}?",
                "{a} > {b}? Mana yang lebih besar?",
                "mana yang lebih banyak: {a} atau {b}?",
            )
        ),
        ("smaller", "n"): Scene(
            (
                *_pairs("kecil", "terkecil"),
                "mana yang nilainya lebih [rendah|kecil]: {a} atau {b}?",
                ("apakah {a} di bawah {b}? Sebutkan yang lebih kecil."),
                "mana yang lebih ke kiri di garis bilangan, {a} atau {b}?",
                "{a} < {b}? Mana yang lebih kecil?",
                "mana yang lebih sedikit: {a} atau {b}?",
            )
        ),
        ("max", "n"): Scene(
            (
                "[berapa|hitung|tentukan|sebutkan|carilah|katakan] [nilai |]maksimum [dari|antara] {a} dan {b}[?|.]",
                "maksimum [dari|:] {a}; {b}",
                "maks({a}; {b}) = ?",
                "maksimum dari {a} dan {b} adalah",
                "{a} dan {b}: maksimum?",
                "[hasil ukur|nilainya|datanya] {a} dan {b}. [Berapa maksimumnya?|Sebutkan maksimumnya.|Puncaknya?]",
                "[berapa|sebutkan|cari] nilai [terbesar|tertinggi] [dari|antara] {a} dan {b}[?|.]",
                "sebuah [deret|daftar] berisi {a} dan {b}. Berapa nilai [terbesar|tertinggi]nya?",
            )
        ),
        ("min", "n"): Scene(
            (
                "[berapa|hitung|tentukan|sebutkan|carilah|katakan] [nilai |]minimum [dari|antara] {a} dan {b}[?|.]",
                "minimum [dari|:] {a}; {b}",
                "min({a}; {b}) = ?",
                "minimum dari {a} dan {b} adalah",
                "{a} dan {b}: minimum?",
                "[hasil ukur|nilainya|datanya] {a} dan {b}. [Berapa minimumnya?|Sebutkan minimumnya.]",
                "[berapa|sebutkan|cari] nilai [terkecil|terendah] [dari|antara] {a} dan {b}[?|.]",
                "sebuah [deret|daftar] berisi {a} dan {b}. Berapa nilai [terkecil|terendah]nya?",
            )
        ),
        ("asc", "n"): Scene(
            (
                (
                    "[urutkan|susun|tulis|atur] {a} dan {b} [dari kecil ke besar|dari yang paling "
                    "kecil|dalam urutan naik|dari rendah ke "
                    "tinggi]."
                ),
                "[urutan naik|dari kecil ke besar|yang kecil dulu]: {a}, {b}",
                "apa urutan naik dari {a} dan {b}?",
                "{a} dan {b}, yang lebih kecil dulu.",
            )
        ),
        ("desc", "n"): Scene(
            (
                (
                    "[urutkan|susun|tulis|atur] {a} dan {b} [dari besar ke kecil|dari yang paling "
                    "besar|dalam urutan turun|dari tinggi ke "
                    "rendah]."
                ),
                "[urutan turun|dari besar ke kecil|yang besar dulu]: {a}, {b}",
                "apa urutan turun dari {a} dan {b}?",
                "{a} dan {b}, yang lebih besar dulu.",
            )
        ),
        ("higher", "p"): Scene(
            (
                *_AT,
                "{X} [menunjukkan|mencatat|mengukur] {A}[,| dan|;] {Y} {B}. {Q}",
                "tadi terbaca {A}, lalu {B}. {Q}",
                "apakah {A} lebih tinggi dari {B}?",
            ),
            units=(
                "# bar",
                "# %",
                "# volt",
                "# V",
                "# kWh",
                "# hPa",
                "# ppm",
                "# dB",
                "# lux",
                "# W",
                "# persen",
                "# ribu rupiah",
            ),
            things=_PLACES,
            asks=_quantity("tinggi", "tertinggi", "Nilai", "Bacaan", "Angka", "Ukuran"),
        ),
        ("heavier", "p"): Scene(
            (
                *_AT,
                "{X} [beratnya|berbobot|seberat] {A}[,| dan|;| sedangkan] {Y} {B}. {Q}",
                "di timbangan {X} {A} dan {Y} {B}. {Q}",
                "apakah {A} lebih berat dari {B}?",
                "[beban|muatan] {A} dan [beban|muatan] {B}. {Q}",
                "mana yang lebih berat[:|,] {A} atau {B}?",
            ),
            units=("# kg", "# kg", "# g", "# ton", "# kilo", "# gram", "# kilogram", "#kg"),
            things=_LOADS,
            asks=(*_quantity("berat", "terberat", "Benda", "Beban", "Barang"), "Berapa berat yang lebih berat?"),
        ),
        ("colder", "t"): Scene(
            (
                *_AT,
                "suhu {X} {A}[,| dan|;| sedangkan] {Y} {B}. {Q}",
                "termometer turun naik dari {A} ke {B}. {Q}",
                "apakah {A} lebih dingin dari {B}?",
                "di sini {A}, di sana {B}. {Q}",
                "mana yang lebih dingin[:|,] {A} atau {B}?",
            ),
            units=("# °C", "# °C", "# derajat", "#°C", "# derajat Celsius", "#°"),
            things=_COLD,
            asks=(
                *_quantity("dingin", "terdingin", "Tempat", "Suhu"),
                "Di mana lebih dingin?",
                "Suhu mana yang lebih rendah?",
                "Kapan lebih dingin?",
            ),
        ),
        ("newer", "v"): Scene(
            (
                "versi {a} atau versi {b}: {Q}",
                "{X} memakai versi {a}[,| dan|;] {Y} [versi |]{b}. {Q}",
                "[dari|antara] versi {a} dan versi {b}: {Q}",
                "versi {a} dan {b}. {Q}",
                "apakah versi {a} lebih baru dari versi {b}?",
                "{X}: versi {a}[, |; |. ]{Y}: versi {b}. {Q}",
                "{Q} {X} versi {a}, {Y} versi {b}.",
                "[bandingkan|lihat|ini] dua versi: {a} dan {b}. {Q}",
                "[ditawarkan|saya lihat|ada] versi {a} serta versi {b}. {Q}",
                "versi [perangkat lunak|firmware|aplikasi] mana yang lebih baru: {a} atau {b}?",
                "versi terpasang: {a}. Versi tersedia: {b}. {Q}",
                "versi yang lebih baru dari {a} dan {b}?",
            ),
            things=_MACHINES,
            asks=(
                "Versi mana yang lebih baru?",
                "Mana yang lebih baru?",
                "Sebutkan versi yang lebih baru.",
                ("Versi mana yang terbaru?"),
                "Versi mana yang keluar belakangan?",
                "Yang lebih baru yang mana?",
                ("Versi mana yang nomornya lebih tinggi?"),
                "Siapa yang versinya lebih baru?",
                "Versi mana yang harus dipasang supaya mutakhir?",
                "Manakah versi yang lebih mutakhir?",
            ),
        ),
        ("later", "d"): Scene(
            (
                "{a} atau {b}: {Q}",
                "{X} [bertanggal|tertanggal] {a}[,| dan|;] {Y} {b}. {Q}",
                "{X}: {a}; {Y}: {b}. {Q}",
                "[dari|antara] [tanggal |]{a} dan {b}: {Q}",
                "[bandingkan|lihat] tanggal {a} dan {b}. {Q}",
                "apakah {a} sesudah {b}? {Q}",
                "{Q} {X}: {a}, {Y}: {b}.",
                "tanggal: {a}, {b}. {Q}",
                "tanggal yang lebih akhir dari {a} dan {b}?",
                "dua surat tertanggal {a} dan {b}. {Q}",
            ),
            things=_PAPERS,
            asks=(
                "Tanggal mana yang lebih akhir?",
                "Mana yang lebih akhir?",
                "Mana yang datang [kemudian|belakangan]?",
                ("Sebutkan tanggal yang lebih akhir."),
                "Tanggal mana yang paling akhir?",
                "Hari mana yang sesudah yang lain?",
                "Mana yang lebih baru?",
            ),
        ),
    },
    weights={"n": 44, "p": 20, "t": 13, "v": 12, "d": 11},
    openings=(
        "Pertanyaan singkat:",
        "Pertanyaan:",
        "Halo!",
        "Hai!",
        "Tolong bantu:",
        "Coba jawab:",
        "Jadi:",
        "Permisi:",
        "Tolong:",
        "Saya tidak yakin:",
        "Untuk PR saya:",
        "Latihan:",
        "Satu lagi:",
        "Maaf:",
        "Tes:",
        "Untuk laporan:",
        "Saya selalu bingung.",
        "Pikirkan baik-baik:",
        "Selamat pagi!",
    ),
    closings=(
        "Terima kasih!",
        "Terima kasih.",
        "Jelaskan.",
        "Tolong.",
        "Harus tepat.",
        "Jawab dalam bahasa Indonesia.",
        "Ini untuk laporan.",
        "Pikirkan dulu.",
        "Jangan menebak.",
        "Jawaban singkat saja.",
        "Ini penting.",
        "Jawaban:",
        "Saya lupa.",
    ),
)
