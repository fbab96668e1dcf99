"""English number comparison as a grammar (``number_grammar``), for training alone."""

from edgegen.tasks.number_grammar import Grammar, Scene

# Of any two numbers. {W} is "larger", {S} "largest"; both orders of magnitude use the same lines.
_COMPARE = (
    "[which|what] is {W}[,|:| -|] {a} or {b}?",
    "which [one|number|value|decimal|figure|amount] is [the |]{W}[ one|][,|:] {a} or {b}?",
    "{a} or {b}[,|:| -|;| ...] [which|what] is {W}?",
    "{a}[, | and | / | or | vs | versus ]{b}[.|:|;|?] Which [one|number|of them|of the two|of these] is {W}?",
    "{a} [and|,|/|vs|versus] {b}. [The {W} one, please.|I need the {W} one.|Which is the {W} of them?|{W}?]",
    (
        "[name|give|tell me|say|state|write|pick|select|choose|find|identify|return|report|print|show] the {W} "
        "[number|value|one|decimal|figure][ of| out of| among| from|:] {a} and {b}[.|]"
    ),
    "[name|give|pick|select|choose|return] the {W}[:|] {a} [or|,|/] {b}",
    (
        "[compare|look at|consider|take|think of] [the numbers |the values |the decimals |]{a} [and|with] {b}[.|;] "
        "[which|tell me which|say which|decide which] [one |number |value |]is {W}[?|.]"
    ),
    "[compare|weigh up|check] {a} [against|and|to] {b} and [name|give|write down|return|keep] the {W} [one|number].",
    "is {a} [really |in fact |actually |]{W} than {b}?",
    "is {a} {W} than {b}, or [is it the other way round|vice versa|not|is {b} {W}]?",
    "[is it true|is it right|is it correct|do you agree|would you say] that {a} is {W} than {b}?",
    "I [think|believe|guess|would say] {a} is {W} than {b}. [Am I right?|Is that so?|Correct?|What do you say?|]",
    (
        "[someone|my friend|a colleague|the teacher|my daughter|the manual|a website] "
        "[says|claims|thinks|states] that {a} "
        "is {W} than {b}. [Is that right?|Is it?|Check it.|True or false?|What do you think?]"
    ),
    "[let |]x = {a}[,| and|;] y = {b}[.|:] Which [variable|of them|one|letter] is {W}? [Give its value.|]",
    "[first|one|left|A] = {a}; [second|two|right|B] = {b}; {W} = ?",
    (
        "[two|a pair of] [numbers|values|decimals|figures|results] [are given|came in|stand on the "
        "board|are on the screen|"
        "were read|lie before you]: {a} and {b}. [Which is {W}?|Give the {W} one.|Which of them is "
        "the {W}?|Tell the {W}.]"
    ),
    (
        "[given|with|for|from|out of|of|between|among] {a} and {b}, [which is {W}|which one is {W}|name the {W} one|"
        "what is the {W} number|I need the {W} one][?|.]"
    ),
    "{W}: {a} or {b}[?|]",
    "{W} of {a}[,| and] {b}[?|]",
    "{W}? {a}, {b}",
    "{a}, {b} -> {W}",
    "if I [had|got|wrote] {a} and you {b}, [whose number|who has the number that] is {W}?",
    "suppose a = {a} and b = {b}. Decide which [of them |]is {W}.",
    (
        "I am [sorting|comparing|checking|looking at] {a} and {b}. [Which is {W}?|Which one is the "
        "{W}?|Help me: which is {W}?]"
    ),
    "the {W} [number|one|value] [among|between|out of|of] {a} and {b}[, please.|?|.|]",
    (
        "[Ann|Tom|the left display|the first column|team A|option A] has {a}, [Ben|Lea|the right "
        "display|the second column|"
        "team B|option B] {b}. [Which number is {W}?|Whose is {W}?|Which of the two is {W}?]"
    ),
    "which [number |one |value |]is {W} if one is {a} and the other [is |]{b}?",
    "[on|from] a list with {a} and {b}, which [entry|item|number] is {W}?",
    "[my|the] calculator shows {a}, [hers|the other one|yours] shows {b}. Which [number |result |]is {W}?",
    "choose: {a} or {b}. The {W} [wins|counts|is wanted].",
    "there are two [tags|cards|doors|labels|buttons] with {a} and {b} on them. Which [number |one |]is {W}?",
    "between the decimals {a} and {b}, which [has|is] the {W} [value|one]?",
    "of {a} and {b} [I want|we want|take|keep] the {W} [one|number|value].",
    "[out of|from|in] the set {a}, {b}, which [element|member|number] is {W}?",
)
_MORE = (
    "which is more, {a} or {b}?",
    "[which|who] has more: {a} or {b}?",
    "does {a} exceed {b}? Name the {W} one.",
    "which [lies|is|stands] [further right|further to the right|higher up] on the number line, {a} or {b}?",
    "which of {a} and {b} comes [last|second] when you count up?",
    "is {a} [more than|above] {b}, or below it? Which is {W}?",
    "{a} > {b}? [Yes or no, and which is {W}?|Which is {W}?]",
    "[which|what] has the {S} value, {a} or {b}?",
    "[what|which] is the {S}[ number| value|] of {a} and {b}?",
    "which number wins if the {S} wins, {a} or {b}?",
)
_LESS = (
    "which is less, {a} or {b}?",
    "[which|who] has less: {a} or {b}?",
    "is {a} less than {b}? Name the {W} one.",
    "which [lies|is|stands] [further left|further to the left|lower down] on the number line, {a} or {b}?",
    "which of {a} and {b} comes first when you count up?",
    "is {a} [less than|below] {b}, or above it? Which is {W}?",
    "{a} < {b}? [Yes or no, and which is {W}?|Which is {W}?]",
    "[which|what] has the {S} value, {a} or {b}?",
    "[what|which] is the {S}[ number| value|] of {a} and {b}?",
    "which number wins if the {S} wins, {a} or {b}?",
)
_MAX = (
    "[what is |compute |evaluate |calculate |]max({a}, {b})[?|]",
    (
        "[what is|find|give|give me|determine|name|compute|return|tell me|I need] the "
        "[maximum|max|largest value|top value|"
        "highest value|biggest value|greatest value] of {a} and {b}[.|?|]"
    ),
    "the maximum of {a} and {b} is",
    "[maximum|max][:| of] {a}, {b}",
    "{a}, {b}: maximum?",
    (
        "[two readings|the log|the series|the table|the sample|today's data|the list] [came "
        "in|holds|has|gives]: {a}, {b}. "
        "[What is the maximum?|Give the maximum.|What is the peak?|Which value is the largest?]"
    ),
    "a = {a}\nb = {b}\nprint(max(a, b))",
    (
        "[numbers|data|list] = [{a}, {b}]\n[What is the maximum|What does max() of it return|Which is "
        "its largest element]?"
    ),
    "[peak|top|best|highest] value of {a} and {b}?",
    "which is the maximum, {a} or {b}?",
    "how [large|high] is the [largest|highest|biggest] of the [two |]values {a} and {b}?",
)
_MIN = (
    "[what is |compute |evaluate |calculate |]min({a}, {b})[?|]",
    (
        "[what is|find|give|give me|determine|name|compute|return|tell me|I need] the "
        "[minimum|min|smallest value|least "
        "value|lowest value|bottom value] of {a} and {b}[.|?|]"
    ),
    "the minimum of {a} and {b} is",
    "[minimum|min][:| of] {a}, {b}",
    "{a}, {b}: minimum?",
    (
        "[two readings|the log|the series|the table|the sample|today's data|the list] [came "
        "in|holds|has|gives]: {a}, {b}. "
        "[What is the minimum?|Give the minimum.|What is the low?|Which value is the smallest?]"
    ),
    "a = {a}\nb = {b}\nprint(min(a, b))",
    (
        "[numbers|data|list] = [{a}, {b}]\n[What is the minimum|What does min() of it return|Which is "
        "its smallest element]?"
    ),
    "[lowest|smallest|least] value of {a} and {b}?",
    "which is the minimum, {a} or {b}?",
    "how [small|low] is the [smallest|lowest|least] of the [two |]values {a} and {b}?",
)
_ONLY = (
    "[answer|reply|respond] with [the|a] number [only|alone]: which is [larger|bigger|greater|higher], {a} or {b}?",
    (
        "[which|which number|which one] is [larger|bigger|greater|higher][:|,] {a} or {b}? [Only the "
        "number, please.|Just the "
        "number.|Reply with nothing but the number.|One number, no words.|No explanation.|Give the bare number.]"
    ),
    "[just|only] the [larger|bigger|greater|higher] [number|value|one][:|, please:| of] {a}[,| and] {b}",
    (
        "[print|output|return] [only |nothing but |]the [larger|bigger|greater] [of the two|number], "
        "without a word: {a} {b}"
    ),
    "{a} or {b}? [Larger|Bigger|Greater] number only.",
    "[bigger|greater|larger]([{a}, {b}]) =",
)
_ASC = (
    (
        "[sort|order|arrange|rank|list|put|write] {a} and {b} [in ascending order|from small to large|from low to high|"
        "from the smallest to the largest|from least to greatest|in increasing order of size][.|]"
    ),
    (
        "[sort|order|arrange] [these|the numbers|the values|two values] [ascending|upwards|from "
        "smallest to largest][:|.] "
        "{a}[,| and] {b}"
    ),
    "[ascending order|ascending|smallest first|lowest first][:|,| please:] {a}, {b}",
    "[put|list|give|write down] {a} and {b} with the [smallest|smaller one|lowest|lower one] first.",
    "[what is|give] the ascending order of {a} and {b}[?|.]",
    "sorted([{a}, {b}])",
    "which comes first and which last, if {a} and {b} [go|are sorted] from small to large?",
    "[bring|put|get] {a} and {b} into [increasing|rising|growing] order[.|, please.]",
    "[sort|order|list|arrange] {a} and {b} so that [they|the values] increase.",
    "[increasing|rising|growing] order of {a} and {b}[?|, please.|:]",
    "which of {a} and {b} stands [first|second] in increasing order? [Give both in that order.|List them so.]",
    "{a}, {b}: [increasing|rising|growing] order?",
    "line up {a} and {b}, [the smaller in front|the larger at the end].",
)
_DESC = (
    (
        "[sort|order|arrange|rank|list|put|write] {a} and {b} [in descending order|from large to "
        "small|from high to low|"
        "from the largest to the smallest|from greatest to least|in decreasing order of size][.|]"
    ),
    (
        "[sort|order|arrange] [these|the numbers|the values|two values] [descending|downwards|from "
        "largest to smallest][:|.] "
        "{a}[,| and] {b}"
    ),
    "[descending order|descending|largest first|highest first][:|,| please:] {a}, {b}",
    "[put|list|give|write down] {a} and {b} with the [largest|larger one|highest|higher one] first.",
    "[what is|give] the descending order of {a} and {b}[?|.]",
    "sorted([{a}, {b}], reverse=True)",
    "which comes first and which last, if {a} and {b} [go|are sorted] from large to small?",
    "[bring|put|get] {a} and {b} into [decreasing|falling|shrinking] order[.|, please.]",
    "[sort|order|list|arrange] {a} and {b} so that [they|the values] decrease.",
    "[decreasing|falling|shrinking] order of {a} and {b}[?|, please.|:]",
    "which of {a} and {b} stands [first|second] in decreasing order? [Give both in that order.|List them so.]",
    "{a}, {b}: [decreasing|falling|shrinking] order?",
    "line up {a} and {b}, [the larger in front|the smaller at the end].",
)
# Of two things with a quantity; what a scene adds says the verb.
_HAVE = (
    "{X}: {A}[, |; |. | / | - ]{Y}: {B}. {Q}",
    "{X} {A}[, |; | and | / ]{Y} {B}. {Q}",
    "[which|which one] is {W}[,|:] {A} or {B}?",
    "{A} or {B}[:|,|;] [which|which one|what] is {W}?",
    "is {A} {W} than {B}?",
    "[compare|look at|take] {A} and {B}. {Q}",
    "{A} [and|against|versus|vs] {B}[.|:] {Q}",
    (
        "[two values|two entries|two results|two numbers] [are|stand] [in the table|on the label|on "
        "the sheet|in the log]: {A} "
        "and {B}. {Q}"
    ),
    "[between|of] {A} and {B}, which is {W}?",
)
_READ_THINGS = (
    ("sensor 1", "sensor 2"),
    ("the first sensor", "the second one"),
    ("the old meter", "the new meter"),
    ("line A", "line B"),
    ("the left gauge", "the right gauge"),
    ("the kitchen", "the hall"),
    ("pump 3", "pump 4"),
    ("the inlet", "the outlet"),
    ("yesterday", "today"),
    ("before the repair", "after it"),
    ("room 12", "room 14"),
    ("the north side", "the south side"),
    ("unit A", "unit B"),
    ("channel one", "channel two"),
    ("phase L1", "phase L2"),
    ("the display", "the log"),
    ("this morning", "this evening"),
    ("the cellar", "the roof"),
)
_READ_UNITS = (
    "# bar",
    "# %",
    "# V",
    "# A",
    "# kWh",
    "# hPa",
    "# ppm",
    "# dB",
    "# lux",
    "# W",
    "# kPa",
    "# mg/l",
    "# mV",
    "#%",
    "#V",
    "# percent",
    "# volts",
    "# rpm",
    "# kW",
    "# l/min",
    "# Hz",
    "# points",
    "# mm",
    "# ohms",
)
_READS = (
    "{X} [shows|reads|reports|gives|measures|is at|stands at|indicates] {A}[,| and|;| while| but] {Y} {B}. {Q}",
    (
        "[a sensor|the meter|the gauge|the logger] [read|showed|sent|gave] {A} [first|at noon|at "
        "first] and {B} [later|then|at "
        "night]. {Q}"
    ),
    "readings: {A}, {B}. {Q}",
    "{Q} {X}: {A}. {Y}: {B}.",
    "{Q} It is {A} [for|at] {X} and {B} [for|at] {Y}.",
)
_WEIGH_THINGS = (
    ("one parcel", "the other"),
    ("crate A", "crate B"),
    ("the red box", "the blue box"),
    ("the left bag", "the right bag"),
    ("my suitcase", "yours"),
    ("the pumpkin", "the melon"),
    ("the stone", "the brick"),
    ("Monday's delivery", "Tuesday's"),
    ("the first sample", "the second"),
    ("the old battery", "the new one"),
    ("the cat", "the dog"),
    ("pallet 7", "pallet 8"),
    ("the steel plate", "the copper plate"),
    ("Tom's rucksack", "Lea's"),
    ("the gateway", "the sensor"),
)
_MASS = ("# kg", "# g", "# t", "# lb", "# mg", "#kg", "# kilograms", "# grams", "# tonnes", "# ounces", "# pounds")
_WEIGHS = (
    "{X} [weighs|has a mass of|weighs in at|has a weight of] {A}[,| and|;| while| but] {Y} {B}. {Q}",
    "[on|according to] the scale {X} [is|weighs] {A} and {Y} {B}. {Q}",
    "{Q} {X} weighs {A}, {Y} {B}.",
    "I [lifted|carried|shipped|sold] {A} and then {B}. {Q}",
)
_PRICE_THINGS = (
    ("shop A", "shop B"),
    ("the red pen", "the blue pen"),
    ("the market", "the supermarket"),
    ("last week", "this week"),
    ("the small pack", "the large pack"),
    ("the used one", "the new one"),
    ("offer 1", "offer 2"),
    ("the train", "the bus"),
    ("the first tariff", "the second"),
    ("cable", "adapter"),
    ("the day rate", "the night rate"),
    ("brand X", "brand Y"),
)
_MONEY = ("$#", "€#", "£#", "# euros", "# dollars", "# €", "# EUR", "# pounds", "# a litre", "US$ #")
_COSTS = (
    "{X} [costs|is|asks|charges|comes at|wants] {A}[,| and|;| while| but] {Y} {B}. {Q}",
    "I [can pay|could pay|may choose between] {A} [or|and] {B}. {Q}",
    "[the price|it] [went|changed] from {A} to {B}. {Q}",
    "{Q} {X}: {A}; {Y}: {B}.",
)
_LONG_THINGS = (
    ("one cable", "the other"),
    ("the red rope", "the green rope"),
    ("the first jump", "the second"),
    ("plank A", "plank B"),
    ("the way by the river", "the way through town"),
    ("the pipe", "the rod"),
    ("Ann's throw", "Ben's throw"),
    ("the north wall", "the west wall"),
    ("wire 1", "wire 2"),
    ("the table", "the shelf"),
)
_LENGTH = ("# m", "# cm", "# km", "# mm", "# miles", "# ft", "# metres", "#m", "# inches")
_MEASURES = (
    "{X} [is {A} long|measures {A}|has a length of {A}|is {A}][,| and|;| while| but] {Y} {B}. {Q}",
    "[cut|measured|drawn] to {A} and to {B}: {Q}",
    "{Q} {X} measures {A}, {Y} {B}.",
)
_FAST_THINGS = (
    ("car one", "car two"),
    ("the bus", "the tram"),
    ("the wind in the morning", "the wind at night"),
    ("belt A", "belt B"),
    ("the first runner", "the second"),
    ("drone 1", "drone 2"),
    ("the conveyor", "the crane"),
    ("the train", "the truck"),
)
_SPEED = ("# km/h", "# m/s", "# mph", "# knots", "#km/h", "# cm/s")
_GOES = (
    "{X} [goes at|moves at|runs at|drives at|does|has a speed of] {A}[,| and|;| while| but] {Y} [at |]{B}. {Q}",
    "{Q} {X}: {A}; {Y}: {B}.",
)
_WARM_THINGS = (
    ("the kitchen", "the hall"),
    ("freezer A", "freezer B"),
    ("outside", "inside"),
    ("yesterday", "today"),
    ("the cellar", "the attic"),
    ("sensor 1", "sensor 2"),
    ("the lake", "the air"),
    ("last night", "tonight"),
    ("the cold store", "the lorry"),
    ("the greenhouse", "the garden"),
    ("the valley", "the summit"),
    ("tank 1", "tank 2"),
    ("the supply pipe", "the return pipe"),
    ("Oslo", "Bergen"),
    ("the fridge", "the cooling box"),
)
_DEGREES = ("# °C", "# °C", "# °C", "# degrees", "#°C", "# degrees Celsius", "# C", "# °F", "#°")
_TEMPERED = (
    "{X} [is at|shows|has|reports|stands at] {A}[,| and|;| while| but] {Y} [is at |]{B}. {Q}",
    "[it is|it was|we have|we had] {A} [at|in|for] {X} and {B} [at|in|for] {Y}. {Q}",
    "[the thermometer|the probe|the sensor] [went|changed|moved] from {A} to {B}. {Q}",
    "{Q} {X}: {A}; {Y}: {B}.",
    "{A} [today|here|now] and {B} [tomorrow|there|then]. {Q}",
)
_VERSION_THINGS = (
    ("device 1", "device 2"),
    ("the gateway", "the stick"),
    ("my laptop", "the server"),
    ("node A", "node B"),
    ("the test bench", "the plant"),
    ("the left controller", "the right one"),
    ("sensor 4", "sensor 5"),
    ("the old router", "the new router"),
    ("the phone", "the tablet"),
    ("the package", "the system"),
    ("Anna", "Paul"),
    ("the factory image", "the download"),
    ("the backup", "the live system"),
    ("camera 2", "camera 3"),
)
_NAMED = (
    "version",
    "version",
    "version",
    "firmware version",
    "software version",
    "app version",
    "driver version",
    "kernel version",
    "library version",
    "package version",
)
_VERSIONS = (
    "[which|which one] is {W}[,|:] version {a} or version {b}?",
    "which [version|firmware version|software version|release version|app version] is {W}[,|:] {a} or {b}?",
    "version {a} [or|and|vs|versus|,|/] version {b}[.|:|;|?] {Q}",
    "versions {a} and {b}[.|:|;] {Q}",
    "[between|of|out of|among] [version |the versions |]{a} and [version |]{b}, which [version |one |]is {W}?",
    "is version {a} [really |]{W} than version {b}?",
    "is version {a} {W} than [version |]{b}, or [is it the other way round|vice versa|is {b} {W}]?",
    "[compare|look at|take|check] [the versions|version numbers|the version numbers|versions] {a} and {b}. {Q}",
    "[compare|check] version {a} [with|and|against] version {b}. {Q}",
    "{X} [runs|has|uses|is on|shows|reports] version {a}[,| and|;| while| but] {Y} [version |]{b}. {Q}",
    "{X}: version {a}[, |; |. ]{Y}: version {b}. {Q}",
    "{Q} {X} has version {a}, {Y} has version {b}.",
    "{Q} [The versions are|Versions:|I have version] {a} and {b}.",
    (
        "[name|give|tell me|pick|select|choose|return|say|state] the {W} [version|one of the "
        "versions|version number][:| of] "
        "{a} [and|or|,] {b}[.|]"
    ),
    "{W} version[:|?| of] {a} [or|and|,] {b}",
    (
        "[I see|there are|we have|the list has|the shop offers|the changelog shows|the server has] "
        "[two versions|versions], {a} "
        "and {b}. {Q}"
    ),
    (
        "[I think|someone says|the vendor claims] version {a} is {W} than version {b}. [Is that "
        "right?|Correct?|True?|Which is "
        "{W}?]"
    ),
    "v{a} and v{b} are versions of [one|the same] program. {Q}",
    "the {W} [version |]of version {a} and version {b} is",
    "[after|following] the rules for version numbers, which is {W}: {a} or {b}?",
    "[bump|update|upgrade|change] from version {a} to version {b}: which [of them|version|one] is {W}?",
    "[version|firmware] {a} -> [version|firmware] {b}. Which version is {W}?",
    "installed version: {a}. Available version: {b}. {Q}",
    "tags in the repository: version {a}, version {b}. {Q}",
)
_NEWER_ASKS = (
    "Which [version |one |of them |]is {W}?",
    "Which is the {W} [version|one]?",
    "Which version is the {S}?",
    "Which [version |one |]came out [last|later|after the other]?",
    "Name the {W} [version|one].",
    "Which version is [higher|further along|ahead]?",
    "Tell me the {W} version.",
    ("Which version should I install to be up to date?"),
    "Which version has the higher number?",
    "Who has the {W} version? Give the version.",
    "Which version number is [higher|greater]?",
    "{W} version?",
    "Which of the versions is [the {W}|{W}]?",
    "Which version would an update bring?",
    "Which version was [released|published|built] [later|last]?",
)
_OLDER_ASKS = (
    "Which [version |one |of them |]is {W}?",
    "Which is the {W} [version|one]?",
    "Which version is the {S}?",
    "Which [version |one |]came out [first|earlier|before the other]?",
    "Name the {W} [version|one].",
    "Which version is [lower|behind|outdated|out of date]?",
    "Tell me the {W} version.",
    "Which version [needs|wants|should get] the update?",
    "Which version has the lower number?",
    "Who has the {W} version? Give the version.",
    "Which version number is [lower|smaller]?",
    "{W} version?",
    "Which of the versions is [the {W}|{W}]?",
    "Which version was there before?",
    "Which version was [released|published|built] [earlier|first]?",
    "Which version has to be replaced?",
)
_DATE_THINGS = (
    ("the certificate", "the contract"),
    ("the first report", "the second"),
    ("the delivery", "the invoice"),
    ("the backup", "the log"),
    ("the service", "the inspection"),
    ("his birthday", "hers"),
    ("the start", "the end"),
    ("the order", "the reply"),
    ("file A", "file B"),
    ("the meeting", "the deadline"),
    ("licence one", "licence two"),
)
_DATES = (
    "which [date |day |one |]is {W}[,|:] {a} or {b}?",
    "{a} or {b}[:|,|;] which [date |day |]is {W}?",
    "[of|between|out of|among] [the dates |]{a} and {b}, which [one |date |]is {W}?",
    "is {a} {W} than {b}?",
    "{X} [is dated|is of|has the date|falls on|carries the date] {a}[,| and|;| while] {Y} {b}. {Q}",
    "{X}: {a}[, |; |. ]{Y}: {b}. {Q}",
    "{Q} {X}: {a}, {Y}: {b}.",
    "[compare|look at|take] [the dates |]{a} and {b}. {Q}",
    "[name|give|pick|choose|tell me|return] the {W} [date|day|of the dates][:| of| out of] {a} [and|or] {b}[.|]",
    "{W} date[:|?] {a} [or|,|and] {b}",
    "dates: {a}, {b}. {Q}",
    "[two entries|two files|two letters|the records] [are dated|are of|carry the dates] {a} and {b}. {Q}",
    "the {W} [date|day] of {a} and {b} is",
    "[in a calendar|in time], which [of them |]is {W}: {a} or {b}?",
)
_LATER_ASKS = (
    "Which [date |one |]is {W}?",
    "Which [date |one |]comes [later|last|after the other]?",
    "Name the {W} date.",
    "Which date is [the latest|the most recent|further in the future]?",
    "What was [last|most recent]?",
    ("Give the {W} [date|one]."),
    "Which [date |]is the {W} one?",
    "Which is nearer to the future?",
)
_EARLIER_ASKS = (
    "Which [date |one |]is {W}?",
    "Which [date |one |]comes [earlier|first|before the other]?",
    "Name the {W} date.",
    "Which date is [the earliest|the oldest|further in the past]?",
    "What was [first|before]?",
    ("Give the {W} [date|one]."),
    "Which [date |]is the {W} one?",
    "Which lies further back?",
)


def _number(cores: tuple[str, ...], *words: tuple[str, str]) -> Scene:
    return Scene((*_COMPARE, *cores), words)


def _asks(noun: str) -> tuple[str, ...]:
    """Questions for the thing that has more or less of something."""
    return (
        "Which [one |of them |of the two |]is {W}?",
        "Which is the {W} [one|of the two]?",
        f"Which {noun} is {{W}}?",
        f"What is the {{W}} {noun}?",
        f"[Give|Name|Tell me|State] the {{W}} {noun}.",
        f"Which {noun} is the {{W}} one?",
        f"Which of the two {noun}s is {{W}}?",
        "{W}?",
    )


GRAMMAR = Grammar(
    scenes={
        ("larger", "n"): _number(_MORE, ("larger", "largest")),
        ("bigger", "n"): _number(_MORE, ("bigger", "biggest")),
        ("greater", "n"): _number(_MORE, ("greater", "greatest")),
        ("higher", "n"): _number(_MORE, ("higher", "highest")),
        ("smaller", "n"): _number(_LESS, ("smaller", "smallest")),
        ("lower", "n"): _number(_LESS, ("lower", "lowest")),
        ("max", "n"): Scene(_MAX),
        ("min", "n"): Scene(_MIN),
        ("only", "n"): Scene(_ONLY),
        ("asc", "n"): Scene(_ASC),
        ("desc", "n"): Scene(_DESC),
        ("higher", "p"): Scene(
            (*_HAVE, *_READS),
            (("higher", "highest"),),
            _READ_UNITS,
            _READ_THINGS,
            (*_asks("[reading|value|level|measurement|figure]"), "Which shows more?", "Where is it higher?"),
        ),
        ("lower", "p"): Scene(
            (*_HAVE, *_READS),
            (("lower", "lowest"),),
            _READ_UNITS,
            _READ_THINGS,
            (*_asks("[reading|value|level|measurement|figure]"), "Which shows less?", "Where is it lower?"),
        ),
        ("heavier", "p"): Scene(
            (*_HAVE, *_WEIGHS),
            (("heavier", "heaviest"),),
            _MASS,
            _WEIGH_THINGS,
            (
                *_asks("[one|weight|load|thing]"),
                "Which weighs more?",
                "How heavy is the heavier one?",
                "What does the heavier one weigh?",
                "Give the weight of the heavier one.",
            ),
        ),
        ("lighter", "p"): Scene(
            (*_HAVE, *_WEIGHS),
            (("lighter", "lightest"),),
            _MASS,
            _WEIGH_THINGS,
            (
                *_asks("[one|weight|load|thing]"),
                "Which weighs less?",
                "How heavy is the lighter one?",
                "What does the lighter one weigh?",
                "Give the weight of the lighter one.",
            ),
        ),
        ("more expensive", "p"): Scene(
            (*_HAVE, *_COSTS),
            (("more expensive", "most expensive"),),
            _MONEY,
            _PRICE_THINGS,
            (
                *_asks("[price|offer|one]"),
                "Which price is higher?",
                "Where do I pay more?",
                "Which costs more?",
                "What does the dearer one cost?",
            ),
        ),
        ("cheaper", "p"): Scene(
            (*_HAVE, *_COSTS),
            (("cheaper", "cheapest"),),
            _MONEY,
            _PRICE_THINGS,
            (
                *_asks("[price|offer|one]"),
                "Which price is lower?",
                "Where do I pay less?",
                "Which costs less?",
                "What does the cheaper one cost?",
                "Which saves money?",
            ),
        ),
        ("longer", "p"): Scene(
            (*_HAVE, *_MEASURES),
            (("longer", "longest"),),
            _LENGTH,
            _LONG_THINGS,
            (*_asks("[length|one|distance]"), "How long is the longer one?", "Which goes further?"),
        ),
        ("shorter", "p"): Scene(
            (*_HAVE, *_MEASURES),
            (("shorter", "shortest"),),
            _LENGTH,
            _LONG_THINGS,
            (*_asks("[length|one|distance]"), "How long is the shorter one?", "Which is less far?"),
        ),
        ("faster", "p"): Scene(
            (*_HAVE, *_GOES),
            (("faster", "fastest"),),
            _SPEED,
            _FAST_THINGS,
            (*_asks("[speed|one]"), "Which speed is higher?", "How fast is the faster one?"),
        ),
        ("warmer", "t"): Scene(
            (*_HAVE, *_TEMPERED),
            (("warmer", "warmest"),),
            _DEGREES,
            _WARM_THINGS,
            (
                *_asks("[temperature|place|reading|one]"),
                "Where is it warmer?",
                "Which temperature is higher?",
                "Which is less cold?",
                "When was it warmer? Give the temperature.",
            ),
        ),
        ("colder", "t"): Scene(
            (*_HAVE, *_TEMPERED),
            (("colder", "coldest"),),
            _DEGREES,
            _WARM_THINGS,
            (
                *_asks("[temperature|place|reading|one]"),
                "Where is it colder?",
                "Which temperature is lower?",
                "Which is less warm?",
                "Where would I freeze more?",
                "When was it colder? Give the temperature.",
            ),
        ),
        ("newer", "v"): Scene(
            _VERSIONS,
            (("newer", "newest"), ("newer", "latest"), ("more recent", "most recent"), ("newer", "newest")),
            things=_VERSION_THINGS,
            asks=_NEWER_ASKS,
        ),
        ("older", "v"): Scene(
            _VERSIONS,
            (("older", "oldest"), ("older", "oldest"), ("older", "earliest"), ("less recent", "least recent")),
            things=_VERSION_THINGS,
            asks=_OLDER_ASKS,
        ),
        ("later", "d"): Scene(
            _DATES,
            (("later", "latest"), ("later", "latest"), ("more recent", "most recent")),
            things=_DATE_THINGS,
            asks=_LATER_ASKS,
        ),
        ("earlier", "d"): Scene(
            _DATES,
            (("earlier", "earliest"), ("earlier", "earliest"), ("older", "oldest")),
            things=_DATE_THINGS,
            asks=_EARLIER_ASKS,
        ),
    },
    weights={"n": 46, "p": 16, "t": 9, "v": 20, "d": 9},
    openings=(
        "Quick question:",
        "Question:",
        "Q:",
        "Hi!",
        "Hello,",
        "Hey,",
        "Please help me:",
        "Tell me,",
        "So,",
        "Well,",
        "I am not sure:",
        "For my homework:",
        "One more:",
        "Math question:",
        "A small test:",
        "Good morning!",
        "OK,",
        "Now,",
        "Sorry,",
        "Can you help?",
        "Excuse me,",
        "Here is a puzzle.",
        "Think before you answer:",
        "Next one:",
        "My boss wants to know:",
        "For the report:",
        "Just checking:",
        "I always mix this up.",
        "Help!",
        "Listen,",
        "I have a [simple|short|silly|strange] question[.|:]",
        "[Could|Can] you tell me[:|,]",
        "User:",
        "Task:",
    ),
    closings=(
        "Thanks!",
        "Thank you.",
        "Please be careful.",
        "Think step by step.",
        "Explain.",
        "Please.",
        "I need it for a report.",
        "Be exact.",
        "I forgot the rule.",
        "Show how you know.",
        "Don't guess.",
        "A short answer is fine.",
        "Hurry up, please.",
        "Take your time.",
        "Answer in English.",
        "It matters.",
        "Answer:",
        "Let me know.",
        "Say it with the number.",
        "We had an argument about it.",
        "Give a reason.",
    ),
)
