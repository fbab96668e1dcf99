"""Indonesian number comparison as a grammar (``number_grammar``), for training alone."""

from edgegen.tasks import number_pairs_id as pairs
from edgegen.tasks import number_things_id as things
from edgegen.tasks.number_grammar import Grammar, Scene, opposites

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
    ("rumah kaca", "ladang"),
    ("toko A", "toko B"),
    ("lantai 1", "lantai 2"),
    ("alat lama", "alat baru"),
    ("shift siang", "shift malam"),
    ("tangki kiri", "tangki kanan"),
    ("ruang server", "kantor"),
    ("Senin", "Selasa"),
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
    ("kardus kecil", "kardus besar"),
    ("tas Rina", "tas Agus"),
    ("beras", "gula"),
    ("pipa besi", "pipa tembaga"),
    ("baterai lama", "baterai baru"),
    ("muatan truk 1", "muatan truk 2"),
    ("ikan pertama", "ikan kedua"),
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
    ("kulkas atas", "kulkas bawah"),
    ("kamar", "teras"),
    ("pagi tadi", "siang tadi"),
    ("rumah kaca", "kebun"),
    ("Malang", "Medan"),
    ("pipa masuk", "pipa keluar"),
    ("Senin", "Kamis"),
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
    ("sensor pintu", "sensor suhu"),
    ("kantor", "gudang"),
    ("unit A", "unit B"),
    ("situs web", "cakram pemasangan"),
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
    ("surat pertama", "surat kedua"),
    ("servis", "pemeriksaan"),
    ("rapat", "tenggat"),
    ("faktur 1", "faktur 2"),
    ("foto ini", "foto itu"),
    ("lisensi 1", "lisensi 2"),
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
        f"Lebih {great} mana?",
        f"Mana yang {low}?",
        f"Di antara keduanya, mana yang lebih {great}?",
        f"[Tolong|Coba] sebutkan yang lebih {great}.",
        f"[Tulis|Ambil|Pilih] yang lebih {great}.",
        f"Yang lebih {great}?",
        f"Siapa yang lebih {great}?",
        f"Saya perlu yang lebih {great}.",
        *(f"[Sebutkan|Tuliskan] {noun.lower()} yang lebih {great}." for noun in nouns),
        *(f"{noun} {low} [berapa?|yang mana?|adalah]" for noun in nouns),
        f"Yang lebih {great} berapa?",
    )


_AT = (
    "{X}: {A}[, |; |. ]{Y}: {B}. {Q}",
    "{X} {A}[,| dan|;| sedangkan] {Y} {B}. {Q}",
    "{A} atau {B}: {Q}",
    "[bandingkan|lihat] {A} [dan|dengan] {B}. {Q}",
    "{Q} {X} {A}, {Y} {B}.",
    "[dari|antara] {A} dan {B}: {Q}",
    "{A} dan {B}. {Q}",
    "{Q} {A} atau {B}",
    "{Q} Pilihannya {A} dan {B}.",
    "[dari|di antara] {X} ({A}) dan {Y} ({B}): {Q}",
    "kalau {X} {A} dan {Y} {B}: {Q}",
    "{X} ada di {A}, [sementara|sedangkan] {Y} di {B}. {Q}",
    "catatan saya: {X} {A}, {Y} {B}. {Q}",
    "data: {X} = {A}; {Y} = {B}. {Q}",
    "{A} [lawan|vs|banding] {B}. {Q}",
    "ada dua [nilai|angka|hasil ukur]: {A} dan {B}. {Q}",
    "pertama {A}, kedua {B}. {Q}",
    '"{A}" atau "{B}": {Q}',
    "{Q} Yang satu {A}, yang lain {B}.",
    "{Q}{AB}",
    "[ini|berikut] dua [nilai|angka|data]. {Q}{AB}",
)

_SCENES = {
    ("higher", "p"): Scene(
        (
            *_AT,
            "[tekanan|tekanan air|tekanan angin] {X} {a} bar, {Y} {b} bar. Tekanan mana yang lebih tinggi?",
            (
                "[tegangan {X} {a} volt, {Y} {b} volt. Tegangan mana yang lebih tinggi?|tegangan terbaca {a} V "
                "lalu {b} V. Kapan tegangannya lebih tinggi?]"
            ),
            (
                "kelembapan {X} {a} persen[,| dan|, sedangkan] {Y} {b} persen. [Mana yang lebih tinggi?|Di mana "
                "kelembapannya lebih tinggi?]"
            ),
            (
                "[harga|tarif|ongkos] [di toko A|di pasar|kemarin] {a} ribu[ rupiah|], [di toko B|di mal|hari "
                "ini] {b} ribu. [Harga mana yang lebih tinggi?|Mana yang lebih tinggi?|Angka mana yang lebih "
                "tinggi?]"
            ),
            (
                "[pemakaian|tagihan] listrik {X} {a} kWh, {Y} {b} kWh. [Pemakaian mana yang lebih tinggi?|Mana "
                "yang lebih tinggi?]"
            ),
            (
                "[kadar CO2|kadar debu] {X} {a} ppm, {Y} {b} ppm. [Kadar mana yang lebih tinggi?|Di mana "
                "kadarnya lebih tinggi?]"
            ),
            (
                "[permukaan air|tinggi air|level air] {X} {a} cm dan {Y} {b} cm. [Mana yang lebih tinggi?|Level "
                "mana yang lebih tinggi?]"
            ),
            (
                "[kebisingan {X} {a} dB, {Y} {b} dB. Mana yang lebih tinggi?|cahaya {X} {a} lux, {Y} {b} lux. "
                "Nilai mana yang lebih tinggi?]"
            ),
            (
                "[daya {X} {a} W dan {Y} {b} W. Daya mana yang lebih tinggi?|arus {X} {a} A dan {Y} {b} A. Arus "
                "mana yang lebih tinggi?]"
            ),
            "[siapa|mana] yang [menunjukkan|mencatat] nilai lebih tinggi: {X} dengan {A} atau {Y} dengan {B}?",
            "lebih tinggi mana[:|,] {A} [atau|apa] {B}?",
            "[mana|nilai mana|angka mana] yang lebih tinggi[:|,] {A} atau {B}?",
            (
                "[dari|di antara] {A} dan {B}, [mana yang lebih tinggi?|sebutkan yang lebih tinggi.|nilai "
                "tertinggi adalah]"
            ),
            "[sebutkan|pilih|laporkan|tuliskan] [nilai|bacaan|ukuran] yang lebih tinggi [dari|antara] {A} dan {B}.",
            "apakah {A} di atas {B}? [Mana yang lebih tinggi?|Sebut yang lebih tinggi.]",
            "alarm berbunyi pada nilai yang lebih tinggi: {A} atau {B}?",
            "{X} [menunjukkan|mencatat|mengukur] {A}[,| dan|;] {Y} {B}. {Q}",
            "tadi terbaca {A}, lalu {B}. {Q}",
            "apakah {A} lebih tinggi dari {B}?",
            *things.MUCH,
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
        share=3,
    ),
    ("heavier", "p"): Scene(
        (
            *_AT,
            "lebih berat mana[:|,] {A} [atau|apa|sama] {B}?",
            ("[dari|di antara] {A} dan {B}, [mana yang lebih berat?|sebutkan yang lebih berat.|yang terberat adalah]"),
            "berat {X} {A}, [berat |sedangkan |]{Y} {B}. {Q}",
            "[saya mengangkat|saya mengirim|toko menjual] {A} lalu {B}. {Q}",
            "timbangan menunjukkan {A} untuk {X} dan {B} untuk {Y}. {Q}",
            "[satu karung|satu peti|satu kardus] {A}, [karung|peti|kardus] lain {B}. {Q}",
            "massa {X} [adalah |]{A}; massa {Y} {B}. {Q}",
            "[sebutkan|pilih|tunjukkan|tuliskan] [berat|beban|muatan] yang lebih berat [dari|antara] {A} dan {B}.",
            "mana yang lebih susah diangkat karena beratnya: {A} atau {B}?",
            "apa {A} lebih berat [ketimbang|dibanding|daripada] {B}?",
            "{X} yang {A} atau {Y} yang {B}, mana yang lebih berat?",
            "[kalau|jika] {X} beratnya {A} dan {Y} {B}, [mana yang lebih berat?|siapa yang lebih berat?]",
            "paket mana yang lebih berat, yang {A} atau yang {B}?",
            "{X} [beratnya|berbobot|seberat] {A}[,| dan|;| sedangkan] {Y} {B}. {Q}",
            "di timbangan {X} {A} dan {Y} {B}. {Q}",
            "apakah {A} lebih berat dari {B}?",
            "[beban|muatan] {A} dan [beban|muatan] {B}. {Q}",
            "mana yang lebih berat[:|,] {A} atau {B}?",
        ),
        units=("# kg", "# kg", "# g", "# ton", "# kilo", "# gram", "# kilogram", "#kg"),
        things=_LOADS,
        asks=(
            *_quantity("berat", "terberat", "Benda", "Beban", "Barang"),
            "Berapa berat yang lebih berat?",
            "Mana yang bobotnya lebih besar?",
            "Yang paling berat berapa?",
            "Berat [terbesar|tertinggi] berapa?",
            "Beban terberat yang mana?",
        ),
        share=3,
    ),
    ("colder", "t"): Scene(
        (
            *_AT,
            "lebih dingin mana[:|,] {A} [atau|apa|sama] {B}?",
            (
                "[dari|di antara] {A} dan {B}, [mana yang lebih dingin?|sebutkan suhu yang lebih dingin.|suhu "
                "terdingin adalah|suhu mana yang paling rendah?]"
            ),
            "[termometer|sensor suhu] [di |pada |]{X} [menunjukkan|mencatat] {A}, [di |pada |]{Y} {B}. {Q}",
            "suhunya {A} [pagi ini|tadi|sekarang] dan {B} [malam nanti|nanti|kemarin]. {Q}",
            "[lemari es|kulkas|kamar dingin] [satu|A] {A}, [dua|B] {B}. {Q}",
            "ada dua suhu, {A} dan {B}. {Q}",
            "[sebutkan|pilih|tuliskan|laporkan] suhu yang lebih [dingin|rendah] [dari|antara] {A} dan {B}.",
            "[mana|di mana|kapan] orang lebih kedinginan: pada {A} atau {B}?",
            "{X} bersuhu {A}, {Y} bersuhu {B}. {Q}",
            "apa {A} lebih dingin [ketimbang|dibanding|daripada] {B}?",
            "[suhu|tempat] mana yang lebih dingin, {X} dengan {A} atau {Y} dengan {B}?",
            "prakiraan cuaca: {X} {A}, {Y} {B}. {Q}",
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
            "Suhu [terendah|terdingin] berapa?",
            "Mana yang suhunya lebih rendah?",
            "[Sebutkan|Tuliskan] suhu yang lebih rendah.",
            "Hari apa yang lebih dingin?",
            "Di mana orang lebih kedinginan?",
        ),
        share=2,
    ),
    ("newer", "v"): Scene(
        (
            (
                "[dari|di antara|antara] versi {a} dan versi {b}, [mana yang lebih baru?|versi mana yang "
                "terbaru?|sebutkan yang lebih baru.|yang terbaru adalah]"
            ),
            "lebih baru mana[:|,] versi {a} [atau|apa|sama] versi {b}?",
            "[mana|versi mana|rilis mana|firmware mana] yang lebih baru[:|,] {a} atau {b}?",
            "[pilih|sebutkan|tuliskan|pasang] versi yang lebih [baru|mutakhir] dari {a} dan {b}.",
            (
                "[rilis|pembaruan|firmware|aplikasi|driver] versi {a} dan versi {b} [tersedia|sudah keluar|ada "
                "di server]. {Q}"
            ),
            "apakah {b} versi yang lebih baru dari versi {a}? {Q}",
            "v{a} atau v{b}? {Q}",
            "program yang sama: versi {a}, versi {b}. {Q}",
            "[memperbarui|beralih|pindah] dari versi {a} ke versi {b}: {Q}",
            "[menurut aturan nomor versi|kalau melihat nomor versi], mana yang lebih baru: {a} atau {b}?",
            "di [repositori|toko aplikasi|situs pabrik] ada versi {a} dan {b}. {Q}",
            "{Q} Pilihannya versi {a} dan versi {b}.",
            "[Ani|teknisi|admin] punya versi {a}, [Budi|pelanggan|kantor] punya versi {b}. {Q}",
            "versi terbaru [dari|antara] {a} dan {b}[?| adalah| yang mana?]",
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
            "Versi terbaru [yang mana?|adalah|berapa?]",
            "[Pilih|Tulis|Ambil] versi yang lebih baru.",
            "Versi mana yang dirilis lebih akhir?",
            "Lebih baru mana?",
            "Mana rilis yang lebih baru?",
            "Versi mana yang paling mutakhir?",
        ),
        share=2,
    ),
    ("later", "d"): Scene(
        (
            (
                "[dari|di antara|antara] {a} dan {b}, [tanggal mana yang lebih akhir?|mana yang lebih akhir?|"
                "sebutkan tanggal yang lebih akhir.|yang paling akhir adalah]"
            ),
            "[mana|tanggal mana|hari mana] yang [lebih akhir|datang belakangan|datang kemudian][:|,] {a} atau {b}?",
            (
                "[pilih|sebutkan|tuliskan|cari] tanggal yang [lebih akhir|paling akhir|lebih belakangan] dari "
                "{a} dan {b}."
            ),
            "ada dua tanggal, {a} dan {b}. {Q}",
            "{X} dibuat [pada |]{a}, {Y} [pada |]{b}. {Q}",
            "[janji temu|rapat|ujian|pengiriman] pertama pada {a}, kedua pada {b}. {Q}",
            "di kalender tertulis {a} dan {b}. {Q}",
            "{Q} {a} atau {b}",
            "{Q} Tanggalnya {a} dan {b}.",
            "[kalau|jika] {X} tanggal {a} dan {Y} tanggal {b}, mana yang lebih akhir?",
            "lebih akhir mana, {a} atau {b}?",
            "berkas diubah pada {a} dan pada {b}. [Perubahan mana yang lebih akhir?|{Q}]",
            "{a} vs {b}: tanggal mana yang lebih akhir?",
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
            "[Pilih|Tulis|Ambil] tanggal yang lebih akhir.",
            "Tanggal terakhir yang mana?",
            "Lebih akhir mana?",
            "Mana yang lebih jauh di masa depan?",
            "Tanggal mana yang jatuh [belakangan|paling akhir|sesudah yang satunya]?",
            "Mana yang lebih baru?",
        ),
        share=2,
    ),
}

GRAMMAR = Grammar(
    scenes={
        **pairs.SCENES,
        **things.SCENES,
        **_SCENES,
        **opposites(_SCENES, things.OPPOSITES),
    },
    weights={"n": 50, "p": 18, "t": 12, "v": 11, "d": 9},
    openings=(
        "Pertanyaan singkat:",
        "Pertanyaan:",
        "Halo!",
        "Hai!",
        "Tolong bantu:",
        "Coba jawab:",
        "Jadi:",
        "Permisi:",
        "Mau tanya:",
        "Numpang tanya,",
        "Halo, selamat siang!",
        "Tolong dijawab:",
        "Pak, Bu:",
        "Eh,",
        "Oke,",
        "Soal nomor satu:",
        "Kuis:",
        "[Bisa|Boleh] bantu saya?",
        "Di kelas kami ada soal ini:",
        "Pertanyaan dari gudang:",
        "Untuk keperluan kantor:",
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
        "Makasih ya.",
        "Makasih!",
        "Tolong cepat.",
        "Terima kasih banyak.",
        "Saya tunggu.",
        "Singkat saja.",
        "Saya kurang paham.",
        "Mohon dijawab.",
        "Beri alasannya.",
        "Jawaban singkat saja.",
        "Ini penting.",
        "Jawaban:",
        "Saya lupa.",
    ),
)
