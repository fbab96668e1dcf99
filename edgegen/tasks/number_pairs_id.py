"""Indonesian wordings about two plain numbers for training alone: the larger, the smaller, an extreme, an order."""

from edgegen.tasks.number_grammar import Scene, with_slot

# One of two numbers: {W} and {S} are what is asked for.
_PAIRS = (
    "yang {S} dari: {a}; {b}",
    "{S} dari {a} dan {b}[?| adalah|, tolong.]",
    "[bukan urutannya|tidak perlu urutan], [hanya|cukup] yang {S}: {a}; {b}",
    "dari {a} dan {b} [saya mau|saya perlu|ambil|kirim] satu saja, yang {S}.",
    "[mana|mana yang|bilangan mana yang|angka mana yang|nilai mana yang|yang mana] {W}[:|,] {a} atau {b}?",
    "{a} atau {b}[:|,| -] [mana|mana yang|yang mana] {W}?",
    "{a}[, | dan | / | atau | lawan | vs ]{b}[.|:] [Mana|Mana yang|Bilangan mana yang|Yang mana] {W}?",
    (
        "[sebutkan|sebut|katakan|beri tahu saya|tulis|tuliskan|pilih|cari|tunjukkan|tentukan] [bilangan|angka|nilai] "
        "yang {W} [dari|antara|di antara] {a} dan {b}."
    ),
    (
        "[bandingkan|lihat|perhatikan] [bilangan |angka |nilai |desimal |]{a} [dan|dengan] {b}[.|:] [Mana yang {W}?|"
        "Yang {W} yang mana?|Sebutkan yang {W}.|Katakan mana yang {W}.]"
    ),
    "[dari|antara|di antara] {a} dan {b}, [mana|mana yang|bilangan mana yang|manakah yang] {W}?",
    "apakah {a} [memang |benar-benar |]{W} [dari|daripada|dibanding|dibandingkan] {b}?",
    "apakah {a} {W} dari {b}, atau [sebaliknya|tidak|{b} yang {W}|justru {b}]?",
    "[benarkah|betulkah|apakah benar|apa betul] {a} {W} [dari|daripada] {b}?",
    (
        "[saya kira|menurut saya|kata teman|guru berkata|ada yang bilang] {a} {W} dari {b}. [Benarkah?|Betul?|Apa "
        "pendapatmu?|Mana yang {W}?]"
    ),
    "x = {a}[,| dan|;] y = {b}. [Variabel mana yang {W}?|Nilai mana yang {W}?|Tulis nilai yang {W}.]",
    (
        "[ada|berikut|ini] dua [bilangan|angka|nilai|hasil]: {a} dan {b}. [Mana yang {W}?|Sebutkan yang {W}.|Yang "
        "{W}?|Yang {S} berapa?]"
    ),
    (
        "[Ani|Tono|tim A|kolom 1] punya {a}, [Budi|Sari|tim B|kolom 2] punya {b}. [Angka siapa yang {W}?|Angka mana "
        "yang {W}?]"
    ),
    "[bilangan|angka|nilai] yang {W} [dari|antara] {a} dan {b}[?|.|, tolong.| adalah]",
    "{W}: {a} atau {b}?",
    "{a}; {b} -> {W}",
    "yang {W} {a} atau {b}?",
    "[bilangan|angka] {S} [dari|antara] {a} dan {b} [adalah|yang mana?|itu berapa?]",
    "kalau saya punya {a} dan kamu {b}, siapa yang angkanya {W}?",
    "tentukan: {a} atau {b}. Yang dicari yang {W}.",
    "manakah [bilangan |angka |nilai |]yang {W}[:|,] {a} atau {b}?",
    "{W} mana[:|,| ya,] {a} [atau|apa|sama] {b}?",
    "{W} mana antara {a} [dan|sama|dengan] {b}?",
    "{a} [sama|dan|dengan] {b}, {W} [mana|yang mana][?| ya?| sih?]",
    "kalau {a} [dibandingkan dengan|dibanding|disandingkan dengan|diadu dengan] {b}, mana yang {W}?",
    (
        "[di antara|dari|antara] dua [bilangan|angka|nilai|bilangan desimal] [ini|berikut][:|,] {a} dan {b}, [mana "
        "yang|manakah yang] {W}?"
    ),
    "[dari|di antara] kedua [bilangan|angka|nilai] ini, [mana yang|manakah yang] {W}? {a} [dan|atau] {b}",
    "[bilangan|angka|nilai] mana yang {W} [dari|di antara|antara] {a} dan {b}?",
    "berapa [bilangan|angka|nilai] [yang {W}|yang {S}] [dari|di antara] {a} dan {b}?",
    (
        "[pilih|ambil|sebutkan|tunjukkan|lingkari|tandai|cari|ketik|kirim] [bilangan|angka|nilai] {S} [dari|di "
        "antara] {a} dan {b}."
    ),
    "[pilihlah|sebutkanlah|tulislah|carilah|tentukanlah] [bilangan|angka|nilai] yang {W}: {a} atau {b}.",
    (
        "[tolong|mohon|coba|silakan] [pilih|sebutkan|tentukan|tunjukkan|cari] [bilangan |angka |nilai |]yang {W} "
        "[antara|dari|di antara] {a} dan {b}[.|, ya.| dong.]"
    ),
    (
        "[bisakah kamu|dapatkah Anda|bisakah Anda] [menyebutkan|menentukan|menunjukkan|memilih] [bilangan|angka|"
        "nilai] yang {W} [antara|dari] {a} dan {b}?"
    ),
    (
        "saya [ingin tahu|mau tahu|perlu tahu|bingung] [mana yang|bilangan mana yang|angka mana yang] {W}[:|,] {a} "
        "atau {b}."
    ),
    "antara {a} dan {b}, yang {W} [yang mana?|mana?|adalah|berapa?|tolong sebutkan.]",
    "{a} dan {b}. [Ambil|Sebut|Pilih|Tulis|Berikan|Cari] [yang {W}|yang {S}|bilangan {S}|angka {S}][.|!| saja.]",
    (
        "[dari|di antara] {a} dan {b}, [sebutkan|ambil|pilih|tulis|cari|tunjuk] [yang {W}|yang {S}|bilangan {S}|"
        "angka yang {W}][.|!| saja.]"
    ),
    "[dari|di antara] {a} dan {b}, [berapa|mana] yang {S}?",
    "dari dua [bilangan|angka|nilai] itu, {a} dan {b}, [ambil|pilih|sebut] satu: yang {W}.",
    "[dari|di antara] keduanya, {a} dan {b}, yang {S} [adalah|berapa?|mana?]",
    "{a} / {b} - yang {W}[?| mana?]",
    "mana [angka|nilai|bilangan] yang {W}, {a} [ataukah|atau] {b}?",
    "apa {a} {W} [dari|daripada|ketimbang] {b}?",
    "{a} {W} [dari|daripada|ketimbang] {b}[, benar?|, betul tidak?|, ya?|, bukan?|, kan?]",
    "benar atau salah: {a} {W} dari {b}?",
    (
        "kata [adik|buku ini|Pak Guru|kalkulator|rekan kerja] {a} {W} dari {b}. [Benar?|Betulkah?|Periksa.|Apakah "
        "itu benar?|Cek dulu.]"
    ),
    "siapa yang {W}, {a} atau {b}?",
    (
        "dua [kartu|tiket|label|pintu|tombol|kotak] bertuliskan {a} dan {b}. [Angka mana yang {W}?|Sebutkan angka "
        "yang {W}.|Yang {W} berapa?|Tulis angka {S}.]"
    ),
    (
        "di [papan tulis|layar|buku|tabel|daftar|kertas] [ada|tertulis|tertera|terdapat] {a} dan {b}. [Mana yang "
        "{W}?|Angka mana yang {W}?|Ambil yang {W}.|Yang {S} berapa?]"
    ),
    "[kalkulator|program|alat ukur] saya menunjukkan {a}, punya [dia|teman saya] {b}. [Hasil|Angka] mana yang {W}?",
    "[siswa|murid|peserta] A menjawab {a}, [siswa|murid|peserta] B menjawab {b}. Jawaban siapa yang {W}?",
    "nilai [ujian|rapor|tes] [Rina|Dewi|kelas A] {a} dan [Agus|Hadi|kelas B] {b}. Nilai siapa yang {W}?",
    "p = {a}; q = {b}. [Tentukan|Tulis|Sebutkan] nilai yang {W}.",
    "diketahui [a|x|m] = {a} dan [b|y|n] = {b}. [Mana yang {W}?|Nilai {S} adalah|Tentukan yang {W}.]",
    "diberikan [dua bilangan|dua nilai|bilangan] {a} dan {b}, [tentukan|sebutkan|carilah] yang {W}.",
    (
        "perhatikan [bilangan|angka|nilai|dua nilai ini:] {a} dan {b}. [Mana yang {W}?|Tunjukkan yang {W}.|Pilih "
        "yang {S}.]"
    ),
    "A. {a} B. {b}. [Pilih yang {W}.|Mana yang {W}?|Jawaban yang benar adalah angka yang {W}.]",
    'antara "{a}" dan "{b}", mana yang {W}?',
    '[dari|pilih yang {W} dari] angka "{a}" dan "{b}", [mana yang {W}?|yang {S}?]',
    "({a}) atau ({b}): [mana yang|yang] {W}?",
    "[{a}; {b}] - mana yang {W}?",
    "(1) {a} (2) {b} - mana yang {W}?",
    "{S}: {a} atau {b}?",
    "{W}? {a} [atau|/|vs|apa] {b}",
    "{a} vs {b}, {W} mana?",
    "kalau harus memilih yang {W}, [pilih mana|mana yang dipilih]: {a} atau {b}?",
    "saya [butuh|cari|perlu|mau] [angka|bilangan|nilai] yang {W}[:| dari pilihan] {a} atau {b}.",
    "{a} dan {b}; manakah bilangan {S}?",
    "yang {S} [dari|di antara|antara] {a} dan {b} [adalah|berapa?|yang mana?|mana?]",
    "satu angka saja: yang {W} [dari|antara] {a} dan {b}.",
    "[hanya|cukup] [sebutkan|tulis|jawab] yang {W}: {a} atau {b}.",
    "[tolong |coba |]bandingkan {a} [dengan|dan|terhadap] {b}[,| lalu|, kemudian] [sebutkan|tulis|pilih] yang {W}.",
    "di antara {a} dan {b} ada satu yang {W}. [Yang mana?|Sebutkan.|Berapa?]",
    "[skor|poin|angka] tim merah {a}, tim biru {b}. [Skor|Poin|Angka] mana yang {W}?",
    (
        "[kolom kiri|baris atas|sel A1] berisi {a}, [kolom kanan|baris bawah|sel B1] berisi {b}. [Isi|Angka] mana "
        "yang {W}?"
    ),
    "[eh|nah|begini|jadi gini], {a} sama {b} [itu |]{W} mana[ ya|]?",
    "{a} apa {b} yang {W}?",
    "yang {W} [tuh |itu |]{a} apa {b}[ sih| ya|]?",
    "[kira-kira|menurutmu|menurut Anda|menurut kamu], [mana yang|angka mana yang] {W}, {a} atau {b}?",
    "jika seseorang menulis {a} dan yang lain menulis {b}, tulisan mana yang {W}?",
    "[dalam|pada] pasangan {a} dan {b}, [mana yang {W}?|bilangan yang {W} adalah|yang {S} berapa?]",
    "[hasil|nilai|data] [pertama|kemarin|lama] {a}, [kedua|hari ini|baru] {b}; mana yang {W}?",
    "[alat|sensor|timer] [satu|A] mencatat {a}, yang [dua|B] {b}. [Angka|Nilai] yang {W}?",
    "nilai {S} di antara {a} dan {b}, [yang mana?|berapa?|tolong.]",
    (
        "[tolong |coba |mohon |][carikan|tunjukkan|tuliskan|pilihkan|kirimkan|bacakan|sebutkan] [bilangan|angka|nilai|"
        "hasil|bacaan|skor] [yang |]{S} [dari|di antara|dalam|pada] [dua|kedua|sepasang] [bilangan|angka|nilai|hasil|"
        "bacaan|skor] [ini|berikut ini|tersebut|di bawah ini]{AB}"
    ),
    (
        "[dari|di antara|dalam] [dua|kedua|sepasang] [bilangan|angka|nilai|hasil|bacaan|data] [ini|berikut|di bawah "
        "ini], [mana yang {W}|mana yang {S}|berapa yang {S}|sebutkan yang {S}|ambil yang {W}|pilih yang {S}]{AB}"
    ),
    "[mana|manakah|yang mana] [angka|bilangan|nilai|hasil|bacaan] [yang |]{S}[:|,] {a} atau {b}?",
    "[mana yang|manakah yang] {W}?{AB}",
    (
        "[berapa|apa|mana] [angka|bilangan|nilai|hasil|bacaan|skor] [yang |]{S} [dari|pada|dalam] [data|pasangan|"
        "hasil ukur|pengukuran|percobaan|catatan] {a} dan {b}?"
    ),
    (
        "[angka|bilangan|nilai|hasil|bacaan|skor] [yang |]{S} [dari|pada|dalam|di antara] [data|pasangan|pengukuran|"
        "percobaan|catatan|daftar|tabel] {a} dan {b} [berapa?|yang mana?|adalah|apa?]"
    ),
    "dari [daftar|catatan|tabel|log] berikut, [ambil|laporkan|sebutkan|tulis] [satu |][angka|nilai] yang {S}{AB}",
    (
        "[sensor|alat|meter|timbangan|penghitung] [mencatat|menunjukkan|mengirim] {a} [lalu|kemudian|dan] {b}[.|;] "
        "[Mana|Berapa] [angka|nilai|bacaan] [yang |]{S}?"
    ),
    (
        "[untuk|di|pada] [laporan|formulir|grafik|tabel] [saya hanya|kami hanya|cukup] [tulis|isi|catat] [angka|nilai] "
        "yang {W}[:|,] {a} atau {b}?"
    ),
    "[sebutkan|jelaskan|tulis] mana yang {W}, {a} atau {b}, [dan|serta|lalu] [alasannya|mengapa|kenapa begitu].",
    "[kenapa|mengapa] saya [bingung|ragu|salah]? Mana [sih |]yang {W}: {a} [atau|apa] {b}?",
    "[eh |nah |hmm |]yang {W} [yang mana|mana] [sih|ya|nih|dong]{AB}",
    "[ambil|pakai|simpan|kirim] [angka|nilai|bacaan|hasil] [yang |]{S} [saja|aja|ya]: {a}, {b}",
    "yang {S} mana[:|,] {a} atau {b}?",
)
_MORE = (
    "mana yang nilainya lebih [tinggi|besar]: {a} atau {b}?",
    "apakah {a} melebihi {b}? Sebutkan yang lebih besar.",
    "mana yang lebih ke kanan di garis bilangan, {a} atau {b}?",
    "{a} > {b}? Mana yang lebih besar?",
    "mana yang lebih banyak: {a} atau {b}?",
    "apakah {a} [di atas|melampaui|mengungguli] {b}? [Mana yang lebih besar?|Sebut yang lebih tinggi.]",
    (
        "[mana yang|angka mana yang] [unggul|menang|melebihi yang lain] [nilainya|dari segi nilai|kalau yang besar "
        "menang]: {a} atau {b}?"
    ),
    "kalau menghitung maju, mana yang datang belakangan: {a} atau {b}?",
    "{a} lebih dari {b} atau kurang? Yang lebih besar mana?",
    "dari {a} dan {b}, mana yang nilainya lebih?",
    "[siapa|mana] yang dapat lebih banyak: yang {a} atau yang {b}?",
    "banyakan mana, {a} atau {b}?",
    "gedean mana, {a} sama {b}?",
)
_LESS = (
    "mana yang nilainya lebih [rendah|kecil]: {a} atau {b}?",
    "apakah {a} di bawah {b}? Sebutkan yang lebih kecil.",
    "mana yang lebih ke kiri di garis bilangan, {a} atau {b}?",
    "{a} < {b}? Mana yang lebih kecil?",
    "mana yang lebih sedikit: {a} atau {b}?",
    "apakah {a} [di bawah|kurang dari] {b}? [Mana yang lebih kecil?|Sebut yang lebih rendah.]",
    "[mana yang|angka mana yang] [kalah|kurang] [nilainya|dari segi nilai|kalau yang besar menang]: {a} atau {b}?",
    "kalau menghitung maju, mana yang datang lebih dulu: {a} atau {b}?",
    "{a} kurang dari {b} atau lebih? Yang lebih kecil mana?",
    "dari {a} dan {b}, mana yang nilainya kurang?",
    "[siapa|mana] yang dapat lebih sedikit: yang {a} atau yang {b}?",
    "dikitan mana, {a} atau {b}?",
    "kecilan mana, {a} sama {b}?",
)
# An extreme: {W} names it, {S} and {P} describe it.
_EXTREME = (
    "[berapa|berapakah|apa] {W} [dari|antara|di antara|untuk] {a} dan {b}?",
    (
        "[hitung|hitunglah|tentukan|sebutkan|carilah|cari|katakan|temukan|tampilkan|laporkan|tuliskan|ambil|beri "
        "tahu saya|berikan] {W} [dari|antara|di antara] {a} dan {b}."
    ),
    "{W}[:|?| dari] {a}; {b}",
    "{W} [dari|antara|di antara] {a} dan {b}[ adalah| ialah| yaitu| berapa?|?|, tolong.]",
    "{a} dan {b}[:|,| -] {W}[?|nya?|nya berapa?]",
    "[dari|di antara] {a} dan {b}, [berapa|mana] {W}nya?",
    "[dari|di antara] {a} dan {b}, [tentukan|sebutkan|ambil|cari|tulis|laporkan] {W}nya.",
    (
        "[dari|untuk] [data|nilai|pembacaan|hasil ukur|sampel|deret] {a} dan {b}, [berapa {W}nya?|sebutkan {W}nya.|"
        "{W}nya adalah|cari {W}nya.]"
    ),
    (
        "[data|deret|daftar|himpunan|hasil uji|rekaman|log|tabel|catatan] [berisi|memuat|mencatat|terdiri dari] {a} "
        "dan {b}. [Berapa {W}nya?|Sebutkan {W}nya.|Mana yang {S}?|Berapa yang {S}?|Nilai {S}nya?]"
    ),
    (
        "[hari ini|pagi ini|minggu ini|semalam] [tercatat|terukur|terbaca] {a} dan {b}. [{W}nya berapa?|Berapa "
        "{W}nya?|Laporkan {W}nya.]"
    ),
    "[hasil ukur|nilainya|datanya] {a} dan {b}. [Berapa {W}nya?|Sebutkan {W}nya.|{W}?]",
    "[berapa|sebutkan|cari] nilai {S} [dari|antara|dalam] {a} dan {b}[?|.]",
    "sebuah [deret|daftar|tabel|kolom] berisi {a} dan {b}. Berapa nilai {S}nya?",
    "[saya perlu|saya butuh|kami minta|saya mau tahu] {W} [dari|antara] {a} dan {b}[.|, tolong.]",
    "[tolong|mohon|coba] [hitung|cari|sebutkan|tampilkan] {W} [dari|antara|untuk] {a} dan {b}[.| dong.|, ya.]",
    "[bisakah Anda|dapatkah kamu|bisa] [menghitung|mencari|menyebutkan] {W} dari {a} dan {b}?",
    "apa yang menjadi {W}: {a} atau {b}?",
    "mana yang merupakan {W}, {a} atau {b}?",
    "yang mana {W}nya, {a} atau {b}?",
    "[dua|kedua] [sensor|alat|meter|pembacaan] memberi {a} dan {b}. [Tulis|Simpan|Kirim|Ambil] {W}nya.",
    "untuk [laporan|grafik|statistik|alarm] saya perlu {W} [dari|antara] {a} dan {b}.",
    "data: {a}; {b}. {W} = ?",
    "{W} = ? ({a}; {b})",
    "nilai [ujian|tes|sampel] {a} dan {b}; {W}nya [adalah|berapa?]",
    "sebutkan {W} saja: {a}; {b}.",
    "di antara pembacaan {a} dan {b}, mana yang {S}?",
    "[dari|di antara] semua nilai, yaitu {a} dan {b}, {W} [adalah|berapa?]",
    "di log ada {a} dan {b}; [ambil|laporkan|tampilkan] yang {S}.",
    "angka {S} yang tercatat, {a} atau {b}?",
    (
        "[tolong |coba |][carikan|tunjukkan|tuliskan|sebutkan|kirimkan|laporkan] [bilangan|angka|nilai|hasil|bacaan] "
        "[yang |][{S}|{P}] [dari|di antara|dalam|pada] [dua|kedua|sepasang] [bilangan|angka|nilai|hasil|bacaan] [ini|"
        "berikut ini|tersebut|di bawah ini]{AB}"
    ),
    (
        "[berapa|apa|mana] [bilangan|angka|nilai|hasil|bacaan|pembacaan|skor] [yang |][{S}|{P}] [yang [tercatat|muncul|"
        "ada|terukur|terbaca] |][dari|di antara|pada|dalam] [{a} dan {b}|data {a} dan {b}|catatan {a} dan {b}]?"
    ),
    (
        "[bilangan|angka|nilai|hasil|bacaan|skor] [yang |][{S}|{P}] [dari|di antara|pada|dalam] [data |catatan |hasil "
        "uji |pengukuran |percobaan |]{a} dan {b} [berapa?|yang mana?|adalah|apa?|itu berapa?]"
    ),
    (
        "[sensor|alat|meter|mesin|penghitung] [mencatat|menunjukkan|mengirim|membaca] {a} [lalu|kemudian|dan] {b}[.|;] "
        "[Berapa|Mana] [{W}nya|[angka|nilai|bacaan|hasil] [{S}nya|yang {P}]]?"
    ),
    "dari [hasil|data|catatan|daftar|log] [ini|berikut], [laporkan|ambil|sebutkan] [nilai|angka] [{S}|yang {P}]{AB}",
    "{W} [dari|untuk] [dua|kedua] [angka|nilai|bacaan] [ini|berikut]{AB}",
    "[berapa|mana] {W} [dari|dalam] [daftar|data|catatan] [ini|berikut]{AB}",
    "kalau [datanya|bacaannya|hasilnya|nilainya] {a} dan {b}, [berapa|mana] [{W}nya|yang {P}|angka {S}nya]?",
    "[hanya|cukup] satu angka, [bukan urutannya|jangan diurutkan]: [yang {P}|yang {S}|{W}nya] dari {a} dan {b}.",
)
_MAX = (
    "maks({a}; {b}) = ?",
    "maks({a}; {b})",
    "=MAKS({a}; {b})",
    "max({a}; {b})",
    "maksimum dari {a} dan {b} adalah",
    "[berapa|apa] [puncak|nilai puncak] [dari|antara] {a} dan {b}?",
    "dua pembacaan, {a} dan {b}: puncaknya [berapa?|yang mana?]",
    "[rekor|batas atas|nilai teratas|angka teratas] [dari|antara] {a} dan {b}[?| adalah|, berapa?]",
    "seberapa tinggi nilai tertinggi dari {a} dan {b}?",
    "sampai berapa naiknya paling tinggi, kalau tercatat {a} dan {b}?",
    "maks dari {a} sama {b} berapa[?| ya?]",
    "paling tinggi [berapa|yang mana], {a} atau {b}?",
)
_MIN = (
    "min({a}; {b}) = ?",
    "min({a}; {b})",
    "=MIN({a}; {b})",
    "minimum dari {a} dan {b} adalah",
    "[berapa|apa] [titik terendah|nilai dasar|nilai paling bawah] [dari|antara] {a} dan {b}?",
    "dua pembacaan, {a} dan {b}: terendahnya [berapa?|yang mana?]",
    "[batas bawah|nilai terbawah|angka terbawah] [dari|antara] {a} dan {b}[?| adalah|, berapa?]",
    "seberapa rendah nilai terendah dari {a} dan {b}?",
    "sampai berapa turunnya paling rendah, kalau tercatat {a} dan {b}?",
    "min dari {a} sama {b} berapa[?| ya?]",
    "paling rendah [berapa|yang mana], {a} atau {b}?",
)
# Both in order: {W} begins, {S} ends.
_ORDER = (
    "[keduanya|dua-duanya], dari yang ter{W}: {a}; {b}",
    "dari ter{W}: {a} dan {b}[.|, urutkan.|, tolong.]",
    "[tulis|sebutkan] kedua angka, {a} dan {b}, dari yang ter{W} [ke|sampai] yang ter{S}.",
    (
        "[urutkan|susun|tulis|atur|daftarkan|jajarkan|deretkan|tata|catat] {a} dan {b} [dari yang ter{W}|dari yang "
        "paling {W}|dari {W} ke {S}|dari yang {W} ke yang {S}|dari ter{W} ke ter{S}|dari yang ter{W} sampai yang "
        "ter{S}]."
    ),
    (
        "[urutkan|susun|tulis|atur|daftarkan|tata] {a} dan {b} [mulai dari yang ter{W}|dimulai dari yang paling {W}|"
        "dengan yang {W} di depan|yang ter{W} lebih dulu|yang {W} duluan|dengan yang {W} lebih dahulu|diawali yang "
        "{W}|mulai yang ter{W}]."
    ),
    (
        "[dari|mulai dari] [yang ter{W}|yang paling {W}|ter{W} ke ter{S}|yang {W} ke yang {S}], [urutkan|susun|tulis|"
        "sebutkan] [bilangan |angka |kedua bilangan |nilai |]{a} dan {b}."
    ),
    (
        "dari {a} dan {b}, [buat|buatlah|tulis|susun] urutan [dari yang ter{W}|dari {W} ke {S}|mulai dari yang "
        "paling {W}]."
    ),
    "dari {a} dan {b}, [sebutkan|tulis] keduanya, yang {W} [dulu|lebih dulu|di depan].",
    "dari [angka|bilangan|nilai] {a} dan {b}, [urutkan|susun|jajarkan] [dari yang ter{W}|dari {W} ke {S}].",
    (
        "[dari {W} ke {S}|dari ter{W} ke ter{S}|yang {W} dulu|ter{W} dulu|dari yang paling {W}|mulai dari yang "
        "ter{W}]: {a}; {b}"
    ),
    (
        "[bagaimana|apa|seperti apa] urutan {a} dan {b} [dari yang ter{W}|kalau dari {W} ke {S}|jika dimulai dari "
        "yang ter{W}|dari ter{W} ke ter{S}]?"
    ),
    (
        "[tolong|mohon|coba|silakan] [urutkan|susun|tata] {a} dan {b} [dari yang ter{W}|dari {W} ke {S}|mulai dari "
        "yang paling {W}][.|, ya.| dong.]"
    ),
    (
        "[bisakah kamu|dapatkah Anda|bisa] [mengurutkan|menyusun] {a} dan {b} [dari yang ter{W}|dari {W} ke {S}|"
        "mulai dari yang paling {W}]?"
    ),
    "saya [ingin|mau|perlu] [urutan|daftar] {a} dan {b} [dari yang ter{W}|dari {W} ke {S}].",
    "{a} dan {b}: [urutkan|susun|jajarkan] [dari yang ter{W}|dari {W} ke {S}|mulai dari yang {W}].",
    "{a} dan {b}, yang lebih {W} dulu.",
    "{a}; {b} -> [dari {W} ke {S}|ter{W} dulu|urut dari yang ter{W}]",
    "[{a}; {b}] [urut dari ter{W}|dari {W} ke {S}|mulai ter{W}]",
    "tulis {a} dan {b} dengan yang [ter{W} di [depan|awal|kiri|atas]|{S} di [belakang|akhir|kanan|bawah]].",
    (
        "buat [peringkat|urutan|daftar] [dari|untuk] {a} dan {b}, [mulai dari yang ter{W}|dari {W} ke {S}|yang {W} "
        "di depan]."
    ),
    "[sebutkan |tulis |]yang {W} dulu, [baru|lalu|kemudian] yang {S}: {a}; {b}.",
    "sebutkan yang lebih {W} dulu, lalu yang lebih {S}: {a} dan {b}.",
    "yang mana dulu [kalau|jika] {a} dan {b} diurutkan dari {W} ke {S}? [Tulis keduanya.|Tulis urutannya.]",
    (
        "dua [nilai|angka|bilangan|hasil|harga|ukuran]: {a} dan {b}. [Urutkan|Susun|Tulis] [dari yang ter{W}|dari "
        "{W} ke {S}|mulai dari yang ter{W}]."
    ),
    (
        "[guru|petugas gudang|kasir|teknisi|seorang murid] ingin [mengurutkan|menyusun] {a} dan {b} dari yang "
        "ter{W}. [Bagaimana urutannya?|Tulis urutannya.|Apa hasilnya?]"
    ),
    "urutan dari [yang ter{W}|ter{W} ke ter{S}|{W} ke {S}][:| untuk] {a} dan {b}",
    (
        "[urutkan|susun] [bilangan|angka|nilai|data|hasil] [ini|berikut] dari [yang ter{W}|{W} ke {S}|yang paling "
        "{W}]: {a}; {b}[.|]"
    ),
    "[letakkan|taruh|tempatkan] yang {W} di depan yang {S}: {a} dan {b}.",
    "kalau {a} dan {b} [dijajarkan|disusun|diurutkan] dari yang ter{W}, [bagaimana urutannya?|hasilnya?|jadinya apa?]",
    "[{a}|angka {a}] dan {b} harus berurutan dari {W} ke {S}. [Tulis.|Bagaimana?|Susunlah.]",
    "[susun|urutkan] {a} dan {b} [supaya|agar] [makin|semakin] {S}.",
    "[makin|semakin] ke [kanan|belakang|bawah] [makin|semakin] {S}: [susun|urutkan|tulis] {a} dan {b}.",
    "[di tabel|di daftar|di layar] ada {a} dan {b}; [urutkan|susun] dari yang ter{W}.",
    "[murid|tim|toko|sampel] A {a}, [murid|tim|toko|sampel] B {b}. Urutkan angkanya dari yang ter{W}.",
)
# As above, with words for what is ordered; these also as "rendah" and "tinggi".
_ORDER_OF = (
    (
        "[catat|tulis|susun|urutkan|jajarkan|sebutkan|tampilkan|cetak|sajikan] [kedua|dua] [angka|nilai|bilangan|hasil|"
        "bacaan] [ini|berikut|tersebut] [mulai dari|dimulai dari|diawali|dari|mulai] [angka |nilai |bilangan |yang |]"
        "[ter{W}|paling {W}]{AB}"
    ),
    (
        "[catat|tulis|susun|urutkan|tampilkan|sajikan|daftarkan] {a} dan {b} [mulai dari|dimulai dari|diawali|mulai] "
        "[angka|nilai|bilangan|hasil|bacaan] [yang |][ter{W}|paling {W}]."
    ),
    (
        "[tampilkan|letakkan|taruh|susun|tulis|cetak] {a} dan {b}[,|] dengan [angka|nilai|bilangan|bacaan] [yang |]"
        "[ter{W}|paling {W}|lebih {W}] [di atas|di depan|di baris pertama|pada urutan pertama|paling awal|lebih dulu]."
    ),
    (
        "[kalau|jika|bila] [diurutkan|ditata|dijajarkan|disusun ulang] dari [yang ter{W}|yang paling {W}|{W} ke {S}], "
        "[jadinya bagaimana|apa hasilnya|urutannya apa|susunannya bagaimana] {a} dan {b}?"
    ),
    "[bagaimana|apa] [susunan|daftar|deret] {a} dan {b} [dari {W} ke {S}|mulai dari nilai ter{W}|dari angka ter{W}]?",
    "[urutin|susunin|jejerin|tulisin] {a} [sama|dan|ama] {b} [dong |][dari|mulai] yang [paling {W}|ter{W}][, ya|].",
    "[urutin|urutkan] [dong|ya|deh][, |: ]dari [yang |]paling {W}{AB}",
    "[urutkan|susun|daftarkan] [dua angka|kedua nilai|data] [ini|berikut] dari ter{W} ke ter{S}{AB}",
    "[dari|mulai] nilai [ter{W}|yang paling {W}] [ke|sampai] nilai [ter{S}|yang paling {S}]{AB}",
    "{a} dan {b}: [tulis|sebut] dua-duanya, [angka|nilai] ter{W} [dulu|lebih dulu|di awal].",
    "[bukan|jangan] hanya yang ter{W}: [urutkan|tulis] keduanya, {a} dan {b}, dari yang ter{W}.",
)
_WAY = (
    (
        "[urutkan|susun|atur|tata|jajarkan] {a} dan {b} [secara {D}|dalam urutan {D}|dengan urutan {D}|menurut "
        "urutan {D}]."
    ),
    "urutan {D}[:| dari| untuk] {a} dan {b}[?|.|, tolong.| adalah]",
    "[apa|bagaimana] urutan {D} [dari|untuk] {a} dan {b}?",
    "[tuliskan|berikan|tentukan] urutan {D} [dari|untuk] {a} dan {b}.",
    "secara {D}: {a}; {b}",
    "{a} dan {b}, [urutan {D}|secara {D}][?|, tolong.]",
    "[dari|untuk] [bilangan |angka |nilai |]{a} dan {b}, [tulis|buat|berikan|tentukan] urutan {D}.",
    "[tolong|mohon|coba] [urutkan|susun] {a} dan {b} secara {D}[.|, ya.]",
    "[urutkan|susun] [bilangan|angka|nilai|data] [ini|berikut] secara {D}: {a}; {b}",
    "dalam urutan {D}, [bagaimana|tulis] {a} dan {b}[?|.]",
    "[bisakah Anda|dapatkah kamu] menyusun {a} dan {b} secara {D}?",
    "saya perlu {a} dan {b} dalam urutan {D}.",
)
_UP = (
    (
        "[urutkan|susun|tulis|atur] {a} dan {b} [dari rendah ke tinggi|dari yang terendah|mulai dari yang terendah|"
        "dari yang terendah ke yang tertinggi]."
    ),
    "[dari rendah ke tinggi|dari yang terendah|terendah dulu]: {a}; {b}",
    "dari yang terendah, [urutkan|sebutkan|susun] {a} dan {b}.",
    "sort({a}; {b}) dari kecil ke besar",
    "urutkan naik: {a}; {b}",
    "tulis {a} dan {b} sehingga nilainya [naik|bertambah|membesar].",
)
_DOWN = (
    (
        "[urutkan|susun|tulis|atur] {a} dan {b} [dari tinggi ke rendah|dari yang tertinggi|mulai dari yang tertinggi|"
        "dari yang tertinggi ke yang terendah]."
    ),
    "[dari tinggi ke rendah|dari yang tertinggi|tertinggi dulu]: {a}; {b}",
    "dari yang tertinggi, [urutkan|sebutkan|susun] {a} dan {b}.",
    "sort({a}; {b}) dari besar ke kecil",
    "urutkan turun: {a}; {b}",
    "tulis {a} dan {b} sehingga nilainya [turun|berkurang|mengecil].",
)


def _from(first: str, last: str) -> tuple[str, ...]:
    """The lines of ``_ORDER_OF`` from ``first`` to ``last``; the "r" of "rendah" and of the prefix are one."""
    named = (core.replace("{W}", first).replace("{S}", last) for core in _ORDER_OF)
    return tuple(core.replace("terrendah", "terendah") for core in named)


SCENES = {
    ("larger", "n"): Scene(
        (*_PAIRS, *_MORE),
        (
            ("lebih besar", "terbesar"),
            ("lebih besar", "terbesar"),
            ("lebih besar", "paling besar"),
            ("lebih besar", "paling besar"),
            ("lebih tinggi", "tertinggi"),
            ("lebih tinggi", "paling tinggi"),
        ),
    ),
    ("smaller", "n"): Scene(
        (*_PAIRS, *_LESS),
        (
            ("lebih kecil", "terkecil"),
            ("lebih kecil", "terkecil"),
            ("lebih kecil", "paling kecil"),
            ("lebih kecil", "paling kecil"),
            ("lebih rendah", "terendah"),
            ("lebih rendah", "paling rendah"),
        ),
    ),
    ("max", "n"): Scene(
        (*with_slot(_EXTREME, "{P}", "paling besar", "paling tinggi", "paling besar"), *_MAX),
        (
            ("maksimum", "terbesar"),
            ("maksimum", "tertinggi"),
            ("maksimum", "paling besar"),
            ("nilai maksimal", "paling tinggi"),
            ("nilai maksimum", "terbesar"),
            ("nilai maksimal", "tertinggi"),
            ("nilai terbesar", "terbesar"),
            ("nilai tertinggi", "tertinggi"),
            ("angka tertinggi", "tertinggi"),
            ("bacaan maksimum", "terbesar"),
            ("hasil tertinggi", "tertinggi"),
            ("bilangan terbesar", "terbesar"),
        ),
    ),
    ("min", "n"): Scene(
        (*with_slot(_EXTREME, "{P}", "paling kecil", "paling rendah", "paling kecil"), *_MIN),
        (
            ("minimum", "terkecil"),
            ("minimum", "terendah"),
            ("minimum", "paling kecil"),
            ("nilai minimal", "paling rendah"),
            ("nilai minimum", "terkecil"),
            ("nilai minimal", "terendah"),
            ("nilai terkecil", "terkecil"),
            ("nilai terendah", "terendah"),
            ("angka terendah", "terendah"),
            ("bacaan minimum", "terkecil"),
            ("hasil terendah", "terendah"),
            ("bilangan terkecil", "terkecil"),
        ),
    ),
    ("asc", "n"): Scene(
        (
            *_ORDER,
            *_ORDER_OF,
            *_from("rendah", "tinggi"),
            *with_slot(_WAY, "{D}", "naik", "menaik", "meningkat", "ascending"),
            *_UP,
        ),
        (("kecil", "besar"),),
    ),
    ("desc", "n"): Scene(
        (
            *_ORDER,
            *_ORDER_OF,
            *_from("tinggi", "rendah"),
            *with_slot(_WAY, "{D}", "turun", "menurun", "mengecil", "descending"),
            *_DOWN,
        ),
        (("besar", "kecil"),),
    ),
}
