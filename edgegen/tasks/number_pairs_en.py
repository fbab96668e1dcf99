"""English wordings about two plain numbers for training alone: the larger, the smaller, an extreme, an order."""

from edgegen.tasks.number_grammar import Scene

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
    "just one of them, the {W}: {a}, {b}",
    "no sorting, only the {W} of {a} and {b}[.|, please.]",
    "the {S} of: {a}, {b}",
    (
        "of {a} and {b}, [which is {W}?|which one is {W}?|which is the {S}?|give me the {W}.|pick the {W} one.|the "
        "{W} one is|what is the {S}?]"
    ),
    (
        "of the two [numbers|values|decimals|figures] {a} and {b}, [which is {W}?|name the {W}.|the {W} is|give the "
        "{W} one.|I want the {W}.]"
    ),
    "of the two, {a} and {b}, which is {W}?",
    "from {a} and {b}, [take|pick|choose|return|keep|give me|select] the {W}[ one| number| value|].",
    (
        "from the [pair|list|set|options] {a}, {b}[,|:] [take|pick|choose|return|output] the {W} [one|number|"
        "value][.|, please.]"
    ),
    "out of {a} and {b}, the {S}[ is| would be|, please.]",
    "between {a} and {b}, the {W} [one is|is|number is]",
    "among [the numbers |the values |]{a} and {b}, [which is the {S}?|name the {S}.|pick the {W} one.]",
    "the {S} of {a} and {b}[?| is|, please.|:]",
    "the {S} of these two numbers: {a}, {b}",
    (
        "[could|can|would] you [tell me|say|work out|check] [which is {W}|which number is {W}|which one is the "
        "{W}][,|:] {a} or {b}?"
    ),
    "[I'd like|I want|I need] to know [which is {W}|which number is {W}|which of them is {W}][:|,] {a} or {b}.",
    "do you know which is {W}, {a} or {b}?",
    "any idea which is {W}: {a} or {b}?",
    "[tick|circle|underline|highlight|mark|type|write down|note|copy] the {W} [number|value|one]: {a}[ or| /|;] {b}",
    (
        "{a} and {b}. [The {W}, please.|Say the {W} one.|The {S}?|Only the {W} one.|Which would you call {W}?|Keep "
        "the {W}.]"
    ),
    (
        "{a} [compared with|compared to|measured against|next to|set against] {b}: [which is {W}?|which one is {W}?|"
        "what is {W}?]"
    ),
    (
        "[comparing|when you compare|if we compare] {a} [and|with|to] {b}, [which is {W}?|which one is {W}?|which "
        "comes out {W}?]"
    ),
    "[put|hold] {a} [next to|against|up against] {b}. Which is {W}?",
    "{a} is {W} than {b}[, right?|, isn't it?|, correct?|, yes?|, or is it?| - true?]",
    "true or false: {a} is {W} than {b}[.|?|]",
    "could {a} be {W} than {b}?",
    (
        "on the [board|screen|sheet|label|page|sign|receipt] [I see|there are|stand|we read] {a} and {b}. [Which is "
        "{W}?|Which number is {W}?|Copy the {W} one.|What is the {S}?]"
    ),
    (
        "[student|pupil|player|team] A [says|answers|got|wrote] {a}, [student|pupil|player|team] B {b}. [Which "
        "number is {W}?|Which answer is {W}?|Who has the {W} number?]"
    ),
    "[row 1|cell A1|column one] holds {a}, [row 2|cell B1|column two] holds {b}. Which value is {W}?",
    "A) {a} B) {b}. [Which is {W}?|Tick the {W} one.|Choose the {W}.|The {W} one is]",
    "(a) {a} (b) {b}: [which is {W}?|the {W} one?]",
    '"{a}" or "{b}": which is {W}?',
    'which is {W}, "{a}" or "{b}"?',
    "({a}) or ({b}): which number is {W}?",
    "[{a}, {b}]: which element is {W}?",
    "let p be {a} and q be {b}. [Which is {W}?|Find the {W}.|The {W} of the two is]",
    (
        "[given|consider|take] [the numbers |the two values |the decimals |]{a} and {b}; [which is {W}?|name the "
        "{W}.|find the {W} one.]"
    ),
    "the {W} one? {a} [or|/|vs|versus] {b}",
    "{W} or not: {a} against {b}? [Name the {W}.|Which is {W}?]",
    "[just|only|simply] the {W} of {a} and {b}[.|, please.|?]",
    "[listen|look|right|come on], {a} or {b}, which [one |]is {W}?",
    "[so|then|now] which is {W}: {a} or {b}?",
    "[in size|by value|numerically|as numbers|as decimals], which is {W}, {a} or {b}?",
    "I can't decide between {a} and {b}; I [want|need] the {W} one. [Which is it?|Which do I take?|Which one?]",
    "one number is {a}[, the other|; the other one is] {b}. [Which is {W}?|Name the {W}.|The {W} one?]",
    (
        "the first [number|value|result] is {a}, the second {b}. [Which is {W}?|Is the first or the second {W}?|Give "
        "the {W} one.]"
    ),
    (
        "I [got|read|noted|computed|measured] {a} and [then |later |]{b}. [Which is {W}?|Which number is {W}?|What "
        "was the {S}?]"
    ),
    "the score is {a} for blue and {b} for green. Which score is {W}?",
    "my [result|answer|grade|reading] is {a}, yours [is |]{b}: which is {W}?",
    "which would be {W}, {a} or {b}?",
    "[say|state|tell us] which is {W}: {a} [or|vs] {b}.",
    "what would you call the {W} of {a} and {b}?",
    "if you order by size, is {a} or {b} the {W} one?",
    "the {W} out of [a pair like |]{a} and {b}[?|, please.| is]",
    "which [number|value|one|figure|reading|result] is [{W}|the {W}|the {S}][ of these two| here| of the pair|]?{AB}",
    (
        "[pick|mark|copy|give me|report|name] the [{W}|{S}] [number|value|reading|result|figure] of [these two|the "
        "pair below|the following pair]{AB}"
    ),
    "for the [form|table|chart|label] I [only |]need the {W} [number|reading|value]: {a} or {b}?",
    "which is {W}, {a} or {b}, and [how can you tell|how do you know|for what reason]?",
    "[explain|say|show] why and which is {W}: {a} or {b}.",
    "[the scale|the probe|the counter] [said|read|gave] {a} and [then|later] {b}; which [reading|number|value] is {W}?",
    "of the [readings|results|measurements|amounts] {a} and {b}, which [one |]is [{W}|the {W}|the {S}]?",
    "[ok|hey|so], [which is {W}|what's {W}|the {W} one]?{AB}",
    "are {a} and {b} the same? [If not, name|Name] the {W} one.",
    "[my|our] [customer|neighbour|sister|teacher] wants the {W} [number|value|one]: {a} or {b}?",
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
    "which is the bigger amount: {a} or {b}?",
    "is {a} above {b}? [Which is {W}?|Give the {S}.]",
    "does {a} [beat|top|outrank|surpass] {b}? [Which is {W}?|Name the {W}.]",
    "[which|who] gets more: the one with {a} or the one with {b}?",
    "[of|between] {a} and {b}, which is more?",
    "counting upwards, which comes later: {a} or {b}?",
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
    "which is the lesser amount: {a} or {b}?",
    "is {a} below {b}? [Which is {W}?|Give the {S}.]",
    "does {a} [fall short of|stay under|stay below] {b}? [Which is {W}?|Name the {W}.]",
    "[which|who] gets less: the one with {a} or the one with {b}?",
    "[of|between] {a} and {b}, which is less?",
    "counting upwards, which comes sooner: {a} or {b}?",
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
    (
        "[of|from|out of|among] {a} and {b}, [what is the maximum?|which is the maximum?|give the maximum.|take the "
        "max.|the maximum is|which is the top value?|report the peak.]"
    ),
    (
        "[of|from|out of] the [readings|values|samples|measurements|results|numbers] {a} and {b}, [what is the "
        "maximum?|give me the highest.|the largest is|pick the top one.|which is the highest?]"
    ),
    (
        "[from|in|for] the [list|series|table|data] {a}, {b}[,|:] [the maximum?|what is the maximum?|give the top "
        "value.|find the largest value.]"
    ),
    (
        "[the sensor|the meter|the logger|the probe] [gave|sent|logged|recorded] {a} and {b}. [What was the maximum?|"
        "Record the maximum.|What was the peak?|Report the highest value.]"
    ),
    (
        "[today|this week|overnight] we measured {a} and {b}. [What was the maximum?|The maximum was|What was the "
        "high?|Give the peak.]"
    ),
    "which one is the maximum: {a} or {b}?",
    "is the maximum {a} or {b}?",
    "[the |]highest of {a} and {b}[?|:| is|, please.]",
    "[the |]top of {a} and {b}[?| is]",
    "[the |]peak [of|among|between] {a} and {b}[?| is|:]",
    "[could|can|would] you [give|compute|find|tell] me the [maximum|max|highest value] of {a} and {b}?",
    "I [want|need] the [max|maximum|peak value|top reading] of {a} and {b}.",
    "for [the report|the chart|the alarm] I need the maximum: {a}, {b}",
    "max of {a} and {b}[?|, please]",
    "MAX({a}; {b})",
    "=MAX({a}, {b})",
    "np.max([{a}, {b}])",
    "Math.max({a}, {b})",
    "{a}, {b} -> max",
    "{a} and {b}: [peak?|max?|highest value?|top value?|biggest?]",
    "max = ? (data: {a}, {b})",
    "with {a} and {b} on record, the [record high|maximum|peak] is",
    "what is the [upper|top] end of the range from the values {a} and {b}?",
    "how far up did it go, with {a} and {b}?",
    "[two|both] readings are in: {a} and {b}; keep the maximum.",
    "the larger extreme of {a} and {b}?",
    (
        "what [is|was] the [largest|highest|biggest|top|greatest] [number|value|reading|result|figure|score] [of|in|"
        "among] {a} and {b}?"
    ),
    (
        "[find|give|report|copy|name] the [maximum|highest number|largest value|biggest number|top reading] [in|of|"
        "from] [this list|these two lines|the data below|these readings]{AB}"
    ),
    (
        "the [counter|logger|gauge|sensor] [showed|read|sent|noted] {a} and [then|after that] {b}. [What was the "
        "highest it got?|How high did it get?|Which was the top reading?|What was its largest value?]"
    ),
    "only one number, don't [sort|order]: the [highest|largest|biggest|maximum] of {a} and {b}.",
    (
        "which [result|number|value|reading|figure] [is|was] the [highest|largest|biggest|greatest|top one][:|,] {a} "
        "or {b}?"
    ),
    "of the two [tests|shifts|days|throws], {a} and {b}, which [result|number] was the [highest|largest]?",
    "how much was it at most, {a} or {b}?",
    "[largest|highest|biggest] [number|value|entry] [here|of the two|in the list]{AB}",
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
    (
        "[of|from|out of|among] {a} and {b}, [what is the minimum?|which is the minimum?|give the minimum.|take the "
        "min.|the minimum is|which is the bottom value?|report the low.]"
    ),
    (
        "[of|from|out of] the [readings|values|samples|measurements|results|numbers] {a} and {b}, [what is the "
        "minimum?|give me the lowest.|the smallest is|pick the bottom one.|which is the lowest?]"
    ),
    (
        "[from|in|for] the [list|series|table|data] {a}, {b}[,|:] [the minimum?|what is the minimum?|give the bottom "
        "value.|find the smallest value.]"
    ),
    (
        "[the sensor|the meter|the logger|the probe] [gave|sent|logged|recorded] {a} and {b}. [What was the minimum?|"
        "Record the minimum.|What was the low?|Report the lowest value.]"
    ),
    (
        "[today|this week|overnight] we measured {a} and {b}. [What was the minimum?|The minimum was|What was the "
        "low?|Give the lowest.]"
    ),
    "which one is the minimum: {a} or {b}?",
    "is the minimum {a} or {b}?",
    "[the |]lowest of {a} and {b}[?|:| is|, please.]",
    "[the |]bottom of {a} and {b}[?| is]",
    "[the |]low point [of|among|between] {a} and {b}[?| is|:]",
    "[could|can|would] you [give|compute|find|tell] me the [minimum|min|lowest value] of {a} and {b}?",
    "I [want|need] the [min|minimum|lowest value|bottom reading] of {a} and {b}.",
    "for [the report|the chart|the alarm] I need the minimum: {a}, {b}",
    "min of {a} and {b}[?|, please]",
    "MIN({a}; {b})",
    "=MIN({a}, {b})",
    "np.min([{a}, {b}])",
    "Math.min({a}, {b})",
    "{a}, {b} -> min",
    "{a} and {b}: [low?|min?|lowest value?|bottom value?|smallest?]",
    "min = ? (data: {a}, {b})",
    "with {a} and {b} on record, the [record low|minimum|lowest] is",
    "what is the [lower|bottom] end of the range from the values {a} and {b}?",
    "how far down did it go, with {a} and {b}?",
    "[two|both] readings are in: {a} and {b}; keep the minimum.",
    "the smaller extreme of {a} and {b}?",
    "what [is|was] the [smallest|lowest|least] [number|value|reading|result|figure|score] [of|in|among] {a} and {b}?",
    (
        "[find|give|report|copy|name] the [minimum|lowest number|smallest value|least number|bottom reading] [in|of|"
        "from] [this list|these two lines|the data below|these readings]{AB}"
    ),
    (
        "the [counter|logger|gauge|sensor] [showed|read|sent|noted] {a} and [then|after that] {b}. [What was the "
        "lowest it got?|How low did it get?|Which was the bottom reading?|What was its smallest value?]"
    ),
    "only one number, don't [sort|order]: the [lowest|smallest|least|minimum] of {a} and {b}.",
    "which [result|number|value|reading|figure] [is|was] the [lowest|smallest|least|bottom one][:|,] {a} or {b}?",
    "of the two [tests|shifts|days|throws], {a} and {b}, which [result|number] was the [lowest|smallest]?",
    "how much was it at least, {a} or {b}?",
    "[smallest|lowest] [number|value|entry] [here|of the two|in the list]{AB}",
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
    (
        "[of|from|out of] {a} and {b}, [only the larger number|just the bigger one|nothing but the greater number|"
        "the larger number alone][.|, please.]"
    ),
    "{a} and {b}. [Larger|Bigger|Greater|Higher] one only, no [words|text|sentence|explanation].",
    "[one number|a single number|a bare number], please: the [larger|bigger|greater|higher] of {a} and {b}.",
    "[no|skip the] [words|explanation|working], [just|only] the [larger|bigger|greater] of {a} and {b}.",
    "[give|write|type|say] the [larger|bigger|greater|higher] of {a} and {b} and nothing else.",
    "[larger|bigger|greater] of {a} / {b}, number only",
    "[reply|respond|answer] with the [larger|bigger|greater|higher] [number|value] only: {a}, {b}.",
    "output format: one number. Which is [larger|bigger|greater], {a} or {b}?",
    "without any [comment|explanation|sentence]: the [larger|bigger|greater|higher] of {a} and {b}",
    (
        "which is [larger|bigger|greater|higher], {a} or {b}? [Number only.|Digits only.|A bare number will do.|No "
        "words.|Don't explain.]"
    ),
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
    "both of them, from [small to large|smallest to largest|low to high]: {a}, {b}",
    (
        "[sort|order|arrange|rank|list|put|write|line up|set out] {a} and {b} [starting with the [smallest|smaller|"
        "lowest]|beginning with the [smallest|smaller|lowest]|smallest first|smaller first|from the smaller to the "
        "larger|from the bottom up|lowest to highest|from least to most]."
    ),
    (
        "[from the smallest|from smallest to largest|from low to high|starting from the smallest|from the smaller to "
        "the larger|from least to greatest], [sort|order|list|write|arrange] [the numbers |the values |]{a} and {b}."
    ),
    "[of|from|out of] {a} and {b}, [make|write|give] a list from [smallest to largest|low to high|the smallest up].",
    "of {a} and {b}, [list|name|give|write] both, [the smaller first|smallest to largest|starting with the lower one].",
    "from {a} and {b}, build a list [in ascending order|that goes up|from smallest to largest].",
    "[smallest to largest|low to high|from small to large|from the smallest up|from least to greatest][:| -] {a}, {b}",
    "[first the smaller, then the larger|the smaller one, then the larger one|lower before higher]: {a} and {b}.",
    (
        "{a} and {b}[:|,| -] [smallest to largest|low to high|sorted upwards|in ascending order|smallest first][?|, "
        "please.|.]"
    ),
    "{a}, {b} -> ascending",
    "[{a}, {b}] [sorted ascending|in ascending order|low to high]",
    (
        "[could|can|would] you [sort|order|list|rank|arrange] {a} and {b} [from smallest to largest|in ascending "
        "order|from low to high|smallest first]?"
    ),
    (
        "I [want|need] {a} and {b} [in ascending order|sorted from small to large|ordered from the smallest|with the "
        "smaller first]."
    ),
    "how do {a} and {b} [go|line up|look] from [smallest to largest|low to high|small to large]?",
    "what order do {a} and {b} have from [smallest to largest|low to high]?",
    (
        "[two|here are two] [numbers|values|results|prices|scores]: {a} and {b}. [Sort|Order|Rank|List] them [from "
        "small to large|upwards|ascending|from the smallest]."
    ),
    "[ascending|increasing|rising] [list|sequence|order|ranking] [of|for] {a} and {b}[?|.|:|, please.]",
    "[sort|rank] [ascending|upwards|low to high][:|,] {a} and {b}",
    (
        "the teacher wants {a} and {b} from [smallest to largest|low to high]. [How does that look?|Write it down.|"
        "What is the list?]"
    ),
    (
        "[the shop|the lab|the log|the spreadsheet] has {a} and {b}. [Sort them|List them|Order them] from [the "
        "smallest|low to high|small to large]."
    ),
    "ORDER BY value ASC: {a}, {b}",
    (
        "put the [smaller|lower] of {a} and {b} [on the left and the other on the right|first and the other one last|"
        "at the top, the other below]."
    ),
    "[rank|ranking] {a} and {b} [from the bottom|by size, smallest first|from lowest to highest].",
    "ascending, please: {a}, {b}",
    "in [ascending|increasing|rising] order, {a} and {b} [are|read|come as]",
    "[sort|order|arrange|put] {a} and {b} [going up|upward|rising|climbing|so they go up|from the bottom up].",
    "{a}, {b}: [going up|upward|rising|climbing]",
    "[can|would] you [sort|arrange|list] {a} and {b} [going up|upward|rising]?",
    (
        "[show|list|write|set] {a} and {b} with the [smallest|lowest|smaller|lower] [value|number|one] [on top|in the "
        "first line|at the head|at the start|up front]."
    ),
    (
        "[put|show|list] {a} and {b} with the [largest|highest|larger|higher] [value|number|one] [at the bottom|in "
        "the last line|at the end]."
    ),
    (
        "[sort|order|list|arrange] [these two|the two numbers below|these readings|the pair] [upward|from smallest to "
        "largest|lowest first|rising|smallest on top]{AB}"
    ),
    "[lowest|smallest] [number|value|reading] [first|on top], then the other: {a} and {b}.",
    "not only the [smallest|lowest] one: [write|list|name] both, {a} and {b}, [smallest|lowest] first.",
    "from the [smallest|lowest] [number|value] to the [largest|highest]{AB}",
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
    "both of them, from [large to small|largest to smallest|high to low]: {a}, {b}",
    (
        "[sort|order|arrange|rank|list|put|write|line up|set out] {a} and {b} [starting with the [largest|larger|"
        "highest|biggest]|beginning with the [largest|larger|highest|greatest]|largest first|larger first|from the "
        "larger to the smaller|from the top down|highest to lowest|from most to least]."
    ),
    (
        "[from the largest|from largest to smallest|from high to low|starting from the largest|from the larger to "
        "the smaller|from greatest to least|from the biggest down], [sort|order|list|write|arrange] [the numbers |"
        "the values |]{a} and {b}."
    ),
    "[of|from|out of] {a} and {b}, [make|write|give] a list from [largest to smallest|high to low|the largest down].",
    "of {a} and {b}, [list|name|give|write] both, [the larger first|largest to smallest|starting with the higher one].",
    "from {a} and {b}, build a list [in descending order|that goes down|from largest to smallest].",
    "[largest to smallest|high to low|from large to small|from the largest down|from greatest to least][:| -] {a}, {b}",
    "[first the larger, then the smaller|the larger one, then the smaller one|higher before lower]: {a} and {b}.",
    (
        "{a} and {b}[:|,| -] [largest to smallest|high to low|sorted downwards|in descending order|largest first][?|"
        ", please.|.]"
    ),
    "{a}, {b} -> descending",
    "[{a}, {b}] [sorted descending|in descending order|high to low]",
    (
        "[could|can|would] you [sort|order|list|rank|arrange] {a} and {b} [from largest to smallest|in descending "
        "order|from high to low|largest first]?"
    ),
    (
        "I [want|need] {a} and {b} [in descending order|sorted from large to small|ordered from the largest|with the "
        "larger first]."
    ),
    "how do {a} and {b} [go|line up|look] from [largest to smallest|high to low|large to small]?",
    "what order do {a} and {b} have from [largest to smallest|high to low]?",
    (
        "[two|here are two] [numbers|values|results|prices|scores]: {a} and {b}. [Sort|Order|Rank|List] them [from "
        "large to small|downwards|descending|from the largest]."
    ),
    "[descending|decreasing|falling] [list|sequence|order|ranking] [of|for] {a} and {b}[?|.|:|, please.]",
    "[sort|rank] [descending|downwards|high to low][:|,] {a} and {b}",
    (
        "the teacher wants {a} and {b} from [largest to smallest|high to low]. [How does that look?|Write it down.|"
        "What is the list?]"
    ),
    (
        "[the shop|the lab|the log|the spreadsheet] has {a} and {b}. [Sort them|List them|Order them] from [the "
        "largest|high to low|large to small]."
    ),
    "ORDER BY value DESC: {a}, {b}",
    (
        "put the [larger|higher] of {a} and {b} [on the left and the other on the right|first and the other one last|"
        "at the top, the other below]."
    ),
    "[rank|ranking] {a} and {b} [from the top|by size, largest first|from highest to lowest].",
    "descending, please: {a}, {b}",
    "in [descending|decreasing|falling] order, {a} and {b} [are|read|come as]",
    "[sort|order|arrange|put] {a} and {b} [going down|downward|falling|dropping|so they go down|from the top down].",
    "{a}, {b}: [going down|downward|falling|dropping]",
    "[can|would] you [sort|arrange|list] {a} and {b} [going down|downward|falling]?",
    (
        "[show|list|write|set] {a} and {b} with the [largest|highest|larger|higher] [value|number|one] [on top|in the "
        "first line|at the head|at the start|up front]."
    ),
    (
        "[put|show|list] {a} and {b} with the [smallest|lowest|smaller|lower] [value|number|one] [at the bottom|in "
        "the last line|at the end]."
    ),
    (
        "[sort|order|list|arrange] [these two|the two numbers below|these readings|the pair] [downward|from largest "
        "to smallest|highest first|falling|largest on top]{AB}"
    ),
    "[highest|largest] [number|value|reading] [first|on top], then the other: {a} and {b}.",
    "not only the [largest|highest] one: [write|list|name] both, {a} and {b}, [largest|highest] first.",
    "from the [largest|highest] [number|value] to the [smallest|lowest]{AB}",
)


def _number(cores: tuple[str, ...], *words: tuple[str, str]) -> Scene:
    return Scene((*_COMPARE, *cores), words)


SCENES = {
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
}
