"""A grammar of alerts to train on: sentences with alternatives, the limits once for both sides, and made-up devices.

Slots as in ``edgegen.tasks.alert_wordings``; square brackets hold alternatives. A word in angle brackets is one of
``_SIDES``, so whatever is said of an upper limit is said of a lower one as often and in the same words. Whoever draws
from here draws again where a wording that is held out came up (``edgegen.tasks.alert_triage``).
"""

import re

from edgegen.tasks.alert_device import Device
from edgegen.tasks.dice import Dice

_SIDES = {
    "high": {
        "beyond": "above|over|higher than|more than|greater than|beyond|in excess of",
        "past": "above|over|beyond|in excess of|at more than|for values above",
        "exceeds": "exceeds|rises above|goes over|climbs above|gets higher than|is more than|is above|overshoots",
        "exceed": "exceed|rise above|go over|climb above|be more than|get higher than|be above|overshoot",
        "exceeding": "exceeding|rising above|going over|climbing above|getting higher than",
        "exceeded": "exceeded|overshot|topped",
        "within": "up to {w}|at most {w}|not more than {w}|no higher than {w}|{w} or less|{w} or lower|{w} at most",
        "limit": "{w} or less|{w} or lower|{w} at most|most {w}",
        "inside": "up to {a}|at most {a}|no more than {a}|no higher than {a}|{a} or less|{a} or lower|{a} at most",
        "stay": "under|below|at or below|at or under|no higher than|not above",
        "upper": "upper|high|maximum|max|top",
        "Upper": "Upper|High|Maximum|Max|Top",
        "max": "maximum|upper limit|ceiling|highest value|cap|upper bound|top limit|maximum value",
        "Max": "Maximum|Upper limit|Ceiling|Highest value|Cap|Upper bound|Top limit|Max",
        "highest": "highest|largest",
        "Highest": "Highest|Largest|Maximum",
        "much": "too high|too much",
        "danger": "dangerously high|far too high|critically high",
        "rising": "rising|increasing|growing",
        "sign": ">",
        "key": "hi|high|max|upper",
        "twice": "hihi|hh|max-max|high-high",
        "Key": "HI|High|MAX|Upper",
        "Twice": "HIHI|HH|High-high|MAXMAX",
    },
    "low": {
        "beyond": "below|under|lower than|less than|smaller than|beneath|short of",
        "past": "below|under|beneath|short of|at less than|for values below",
        "exceeds": "falls below|drops under|sinks below|goes under|gets lower than|is less than|is below|undershoots|"
        "dips under",
        "exceed": "fall below|drop under|sink below|go under|be less than|get lower than|be below|undershoot",
        "exceeding": "falling below|dropping under|sinking below|going under|getting lower than",
        "exceeded": "undershot|undercut|fallen short of",
        "within": "down to {w}|at least {w}|not less than {w}|no lower than {w}|{w} or more|{w} or higher|{w} at least",
        "limit": "{w} or more|{w} or higher|{w} at least|least {w}",
        "inside": "down to {a}|at least {a}|no less than {a}|no lower than {a}|{a} or more|{a} or higher|{a} at least",
        "stay": "over|above|at or above|at or over|no lower than|not below",
        "upper": "lower|low|minimum|min|bottom",
        "Upper": "Lower|Low|Minimum|Min|Bottom",
        "max": "minimum|lower limit|floor|lowest value|least value|lower bound|bottom limit|minimum value",
        "Max": "Minimum|Lower limit|Floor|Lowest value|Least value|Lower bound|Bottom limit|Min",
        "highest": "lowest|smallest",
        "Highest": "Lowest|Smallest|Minimum",
        "much": "too low|too little",
        "danger": "dangerously low|far too low|critically low",
        "rising": "falling|decreasing|dropping",
        "sign": "<",
        "key": "lo|low|min|lower",
        "twice": "lolo|ll|min-min|low-low",
        "Key": "LO|Low|MIN|Lower",
        "Twice": "LOLO|LL|Low-low|MINMIN",
    },
}

_LIMITS = (
    # What sets off a warning or an alarm.
    (
        "[A|The] warning [is raised|comes|starts|is due|is given|is triggered|begins] <past> {w}[, | and |; ][an|the]"
        " alarm[ is raised| comes| starts| follows|] <past> {a}."
    ),
    (
        "[An|The] alarm [is raised|comes|starts|is due|is given|is triggered|begins] <past> {a}[, | and |; ][a|the]"
        " warning[ is raised| comes| starts|] <past> {w}."
    ),
    (
        "[Warn|Caution|Notify|Raise a warning|Send a warning] [when|if|once|as soon as] [it|the value|the reading]"
        " <exceeds> {w}[ and |; |, ][alarm|stop|trip|raise an alarm|shut down] [when|if|once|as soon as] it"
        " <exceeds> {a}."
    ),
    (
        "[Alarm|Stop|Trip|Raise an alarm|Shut down] [when|if|once|as soon as] [it|the value|the reading] <exceeds>"
        " {a}[ and |; |, ][warn|caution|notify|raise a warning] [when|if|once|as soon as] it <exceeds> {w}."
    ),
    (
        "[If|When|Once] [it|the {q}|the value] <exceeds> {w}, [warn|that is a warning|we are warned]; [if|when|once] it"
        " <exceeds> {a}, [alarm|that is an alarm|it has to stop]."
    ),
    (
        "[Anything|Everything|Any value|Every value|A value] <beyond> {w} [is a warning|counts as a warning|"
        "needs a look|"
        "calls for a check|is to be looked at][, | and |; ][anything|everything|any value] <beyond> {a} [is an alarm|an"
        " alarm|means danger|calls for a stop]."
    ),
    (
        "[Anything|Everything|Any value|A value] <beyond> {a} [is an alarm|means danger|calls for a stop|is"
        " an emergency][, |"
        " and |; ][anything|everything|any value] <beyond> {w} [is a warning|a warning|needs a look]."
    ),
    "[Hold|Maintain|Run] [it|the {q}] <stay> {w}[; |, ][stop it|switch it off|intervene at once] <past> {a}.",
    "[Hold|Maintain|Run] [it|the {q}] at <limit>[; |, ][stop it|switch it off|intervene at once] <past> {a}.",
    (
        "[What is|Whatever is] <beyond> {w} [we look at|gets a warning|is a case for the mechanic], what is"
        " <beyond> {a}"
        " [we switch off|gets an alarm|is an emergency]."
    ),
    "[We|The operators|The crew|You] [get|receive|see] a warning <past> {w} and an alarm <past> {a}.",
    (
        "[The plant|The controller|The system|The PLC|The monitor] [warns|cautions] <past> {w} and [stops|trips|shuts"
        " down|raises the alarm] <past> {a}."
    ),
    "[<exceeding>|Once <exceeding>] {w} means [caution|a warning|a check], <exceeding> {a} [a stop|an alarm|danger].",
    "[Once|When|If] {w} is <exceeded> there is a warning, [once|when|if] {a} is <exceeded> there is an alarm.",
    # What is right.
    (
        "[Allowed|Permitted|Tolerated|Accepted|Fine|OK|Acceptable|In order]: <within>[; |. |, ][alarm|critical|danger|"
        "emergency]: <beyond> {a}."
    ),
    "[Expected|Usual|Good|Safe|Green] range: <within>. [Critical|Dangerous|Forbidden|Red] range: <beyond> {a}.",
    "[Normal|Usual|Good] values are <within>, [dangerous|critical|alarming] ones are <beyond> {a}.",
    (
        "[It|The value|The {q}] [must not|should not|may not|shall not|is not to|ought not to] <exceed>"
        " {w}[; | and |, ]"
        "[<exceeding> {a} is dangerous|when it <exceeds> {a} it is critical|never may it <exceed> {a}]."
    ),
    (
        "[It|The value|The {q}] [must|should|has to|is to|ought to] [stay|remain|be kept|be held] <stay>"
        " {w}[; |, | and ]"
        "[<past> {a} it is critical|<past> {a} there is an alarm|in any case <stay> {a}|at all costs <stay> {a}]."
    ),
    ("There is no warning [as long as|while] it is <stay> {w}[, | and ]no alarm [as long as|while] it is <stay> {a}."),
    "No warning for <within>, no alarm for <inside>.",
    (
        "[All is good|It is normal|It is fine|No action is needed|Nothing is wrong] with <within>[; |, |."
        " ][<past> {a} it is an alarm|<past> {a} everything stops|it is an alarm <past> {a}]."
    ),
    "[It is|That is|We call it] <much> <past> {w} and <danger> <past> {a}.",
    # Names of limits.
    (
        "<Upper> [limits|thresholds|limit values|bounds|alert limits]: [warning|warn|caution] {w}[, | and |;"
        " | / ][alarm|"
        "critical|trip] {a}."
    ),
    (
        "<Upper> [limits|thresholds|limit values|bounds|alert limits]: [alarm|critical|trip] {a}[, | and |; |"
        " / ][warning|"
        "warn|caution] {w}."
    ),
    (
        "[The|Its|Our] <upper> [warning|caution] [limit|threshold|level] [is|stands at|is set to|equals|lies"
        " at] {w}[, | and"
        " |; ][the|its] <upper> [alarm|trip|critical] [limit|threshold|level] [is|stands at|is set to|equals|"
        "lies at] {a}."
    ),
    (
        "[The|Its|Our] <upper> [alarm|trip|critical] [limit|threshold|level] [is|stands at|is set to|equals|"
        "lies at] {a}[, |"
        " and |; ][the|its] <upper> [warning|caution] [limit|threshold|level] [is|stands at|is set to|equals|"
        "lies at] {w}."
    ),
    (
        "[The|Its] <max> [is|lies at|amounts to] {w} [for warnings|before we warn|on the warning side] and"
        " {a} [for alarms|before we alarm|on the alarm side]."
    ),
    (
        "[The|Its] <max> [is|lies at|amounts to] {a} [for alarms|before we alarm|on the alarm side] and {w}"
        " [for warnings|before we warn|on the warning side]."
    ),
    "<Max>[:| =] {w} [(warning)|(warn)|as to warnings], {a} [(alarm)|(critical)|as to alarms][.|]",
    "<Max>[:| =] {a} [(alarm)|(critical)|as to alarms], {w} [(warning)|(warn)|as to warnings][.|]",
    "[Warning|Warn|Caution] [{w}|at limit {w}] and [alarm|trip|stop] {a} are both <upper> [limits|thresholds|ones].",
    (
        "<Upper> {q} [warning|caution][:| limit| limit:| =] {w}[. |, |; ]<Upper> {q} [alarm|trip][:| limit|"
        " limit:| =] {a}."
    ),
    (
        "<Highest> [normal|permitted|tolerated|good|allowed] [value|{q}|reading][:|] {w}[, |. |; ]<highest>"
        " [safe|possible|"
        "bearable|endurable] [value|{q}|reading][:|] {a}."
    ),
    (
        "[First|Yellow|Inner] [threshold|limit] {w}[, | and ][second|red|outer] [threshold|limit] {a}, both"
        " for <rising>"
        " [values|readings]."
    ),
    # Without a word for the side: the alarm limit lies further out.
    "[Limits|Thresholds|Alert limits|Limit values]: [warning|warn|caution] {w}[, | / |; ][alarm|critical|trip] {a}.",
    "[Alarm|Trip|Critical] [limit|threshold|level] {a}[, |; | and ][warning|caution|warn] [limit|threshold|level] {w}.",
    "[The|Its] [warning|caution] [limit|threshold] is {w}[, |; | and ][the|its] [alarm|trip] [limit|threshold] {a}.",
    # As software says it.
    (
        "[warn|warning|W|yellow|prealarm|caution][ |: |:|]<sign>[ |]{w}[, |; | | / ][alarm|A|red|trip|crit|critical]"
        "[ |: |:|]<sign>[ |]{a}"
    ),
    (
        "[alarm|A|red|trip|crit|critical][ |: |:|]<sign>[ |]{a}[, |; | | / ][warn|warning|W|yellow|prealarm|caution]"
        "[ |: |:|]<sign>[ |]{w}"
    ),
    "<key>_[warn|warning|w]={w}[ |, |;]<key>_[alarm|crit|trip|a]={a}",
    "[warn|warning|w]_<key>={w}[ |, |;][alarm|crit|trip|a]_<key>={a}",
    "<Key>[ |: |=]{w}[, |; | ]<Twice>[ |: |=]{a}",
    '{{"warn_<key>": {w}, "alarm_<key>": {a}}}',
    "[Warn|Warning]: {q} <sign> {w}[, |; ][alarm|critical]: {q} <sign> {a}",
)
_WHOLES = (
    "{d}: {q} {x} (<upper> limits {w} and {a})",
    "{d} {q} {x}[, | (]<key> {w}, <twice> {a}[)|]",
    (
        "[With|At] {x} the {q} of the {d} is [to be held against|to be judged by|up against] [a|its] <max>"
        " of {w} [for warnings|before we warn] and {a} [for alarms|before we alarm]."
    ),
    (
        "The {q} of the {d}, [which|that] [must|should|has to] [stay|be] <stay> {w} and never <exceed> {a},"
        " [is|reads|has"
        " come to] {x}."
    ),
    (
        "The {d} [has|reports|sends] a {q} of {x}, [where|while] <within> is normal and <beyond> {a} is [an"
        " alarm|critical]."
    ),
    ("The {d} [has|reports] {x} as {q}[; |, ][warned of|to be checked] <past> {w}, [stopped|alarmed] <past> {a}."),
    '{{"device": "{d}", "{q}": "{x}", "warn_<key>": "{w}", "alarm_<key>": "{a}"}}',
    "device={d};{q}={x};warn[_<key>=|<sign>]{w};alarm[_<key>=|<sign>]{a}",
    (
        "Is {x} [a problem|all right|bad] for the {q} of the {d}, when <past> {w} it warns and <past> {a} it [alarms|"
        "stops]?"
    ),
    "The {q} of the {d} is {x}, the <max> {w}, and the alarm [comes|is raised] <past> {a}.",
    (
        "The {d} [is meant to|must] have a {q} of <within>, an alarm is raised <past> {a}, and [now it has|"
        "it shows] {x}."
    ),
)

READINGS = (
    "[At|On|In] the {d} [a|the] {q} of {x} [was|is|has been] [recorded|seen|noted|found|registered].",
    (
        "The {q} [of|at|in|on] the {d} [is|is now|currently is|went up to|went down to|rose to|fell to|"
        "dropped to|became]"
        " {x}."
    ),
    "[Sensor|Probe|Meter|Channel|Node] {n} [at|on|of] the {d}[:| reports| sends| gives] {q} {x}",
    "[device|unit|asset|node][ |=|: ]{d}[:|,| -| >] {q} [=|is|:|] {x}",
    "{q}[=|: | is | ]{x} [at|on|from] the {d}",
    "[We|I|The operators|The crew] [measure|read|have|get|note] [a {q} of {x}|{x} {q}] [at|on|in] the {d}.",
    '{{"device": "{d}", "{q}": "{x}"}}',
    '{{"device":"{d}","quantity":"{q}","value":"{x}"}}',
    "[Alert|Notice|Event|Report|Notification] [from|of|for] the {d}: [its |the |]{q} [is|was|stands at|equals] {x}.",
    "[After|For] {n} [hours|minutes|days] [of|with|at] {r} the {q} of the {d} [is|has gone to] {x}.",
    "The {q} of the {d} is {x}[, {n} minutes ago it was {r}|; before it was {r}|, after {r}].",
    "[Newest|Current|Actual|Present|Last] [value|reading|measurement]: {x} [({q} of the {d})|, {q}, {d}].",
    "The {d} [has|sends|transmits|signals|delivers|displays] [a {q} of {x}|{x} for {q}|{q} {x}].",
    "In the last {n} minutes the mean {q} of the {d} [was|came to] {x}.",
    "MQTT [topic|message] site/{k}/{d}/{q}[ payload |: | = ]{x}",
    "[It is|We are at|I see] {x} [of|for the] {q} [at|of|on] the {d}.",
    "Did you see the {q} of the {d}? [It is|It reads|It says] {x}[ now|].",
    "[{k}|#{k}|msg {k}] {d} {q} {x}",
    "The {q} [display|meter|needle|channel|trend] [of|at|on] the {d} [stands at|says|is at|has gone to|stays at] {x}.",
    "[According to|By|Going by] [the log|the display|the controller|my notes] the {q} of the {d} is {x}.",
    "[This morning|At noon|Right now|A moment ago|Today|Meanwhile|Again|Still] the {q} of the {d} [was|is] {x}.",
    "[For|With] the {d} [we have|there is|somebody noted|the log has] [a {q} of {x}|{x} as {q}].",
    "{n} [seconds|minutes|hours] ago it was {r}, now the {q} of the {d} is {x}.",
    "The {q} of the {d} was {r} [in the morning|on the last round|yesterday] and [is|stands at] {x} [now|today].",
    "[{d}.{q}={x}|src={d} {q}={x}|{k};{d};{q};{x}|{x};{q};{d}|{q}: {x} - {d}|{d}.{q}: {x}]",
    "The {q} for the {d} [comes to|totals|equals|measures|is given as|turns out to be] {x}.",
    (
        "[The controller|The gateway|Our system|The operator|The night shift] [noted|received|forwards|"
        "passes on] {x} as the"
        " {q} of the {d}."
    ),
    "{x} [was|is|has been] [reached|transmitted|counted|shown|written down] for the {q} of the {d}.",
    "[Check|Look at|Mind|Note] the {d}: [its |]{q} [is|of|at|now] {x}[, please|].",
    "[Dear team|Hello|Hi|Good morning], the {d} [has|is showing|came up with] [a {q} of {x}|{x} ({q})].",
)
HAZARDS = (
    (
        "[The|A] [smoke|gas|flame|fire|leak|flood|water|CO] [detector|alarm|sensor] [at|near|above|beside|"
        "close to] the {d}"
        " [has tripped|rings|is active|has responded|is sounding|reports an alarm|beeps|was set off]."
    ),
    (
        "[Smoke|Dense smoke|Thick smoke|White smoke|Grey smoke] [was seen|is visible|has been noticed|is"
        " pouring out|hangs in"
        " the air] [at|near|beside|behind] the {d}."
    ),
    (
        "[Flames|Fire|Open fire|Glowing embers] [were|was|have been] [seen|noticed|observed|spotted] [at|in|"
        "on|behind] the"
        " {d}."
    ),
    (
        "[Water|Rain water|A puddle of water|Melt water] [has been found|is standing|has collected|spreads]"
        " [under|around|"
        "below|beside] the {d}."
    ),
    "[Gas|Propane|Methane|Biogas|Hydrogen|Coolant gas] is [leaking|flowing|streaming|hissing] [out of|from] the {d}.",
    "It [smells|stinks|reeks] of [gas|smoke|burning|burnt plastic|fire] [at|near|around] the {d}.",
    (
        "[The|Our] {d} [burns|is burning|has caught fire|is in flames|is smoking|smoulders|is under water|"
        "has been flooded|"
        "drips with water|leaks water]."
    ),
    "[smoke|fire|gas|leak|flood|flame][=|: |_alarm=|_detected=][1|on|yes|TRUE] [device|unit|at]={d}",
    (
        "[There is|We have] [a gas leak|a water leak|smoke|open fire|a burst water pipe] [at|beside|in the"
        " room of|next to]"
        " the {d}."
    ),
    "[Evacuate|Everybody out|Emergency|Call the fire brigade]: [fire|gas|smoke] at the {d}.",
    "[The|A] water pipe [above|beside|next to] the {d} has burst[ and water runs out|].",
    "[Water|Rain] [runs|drips|pours|sprays] [into|over|onto] the {d}.",
    (
        "[Somebody|A guard|The cleaner|A driver] [saw|reports|noticed] [smoke|fire|flames|a smell of gas]"
        " [at|near] the {d}."
    ),
)
FAULTS = (
    (
        "[The|Our] {q} [sensor|probe|transmitter|transducer|meter|channel] of the {d} [has failed|is dead|is"
        " defective|does"
        " not respond|gives no signal|is offline|is unplugged|is faulty|has lost contact|has a cable break|"
        "reports a fault|"
        "delivers nothing|is missing]."
    ),
    (
        "[{d}|device {d}|unit {d}][: |, | ]{q} [=|is|:|] [NaN|nan|null|none|n/a|---|????|ERR|error|undefined|"
        "invalid|overflow|"
        "open circuit|65535|-9999|-99999|32767]"
    ),
    "[No|Not a single] {q} [reading|data|telegram|message] [from|of] the {d} for {n} [hours|days].",
    (
        "[No|Not a single] {q} [reading|data|telegram|message] [from|of] the {d} since [yesterday|midnight|"
        "last night|Monday]."
    ),
    (
        "The {q} of the {d} [has not moved|has been frozen|stays exactly the same|has been identical] for"
        " {n} [days|weeks]."
    ),
    (
        "The {d} [sends|reports|returns|delivers] [nothing|an empty value|garbage|an invalid value|an error"
        " code|no number]"
        " [for|in place of|instead of] its {q}."
    ),
    "[Sensor|Signal|Measurement|Connection] [error|fault|failure|loss] ([{q}, {d}|{d}, {q}|{q} of the {d}])",
    "status=[sensor_fault|offline|stale|no_signal] [device|unit]={d} [quantity|signal|name]={q}",
    "The [last|only] {q} [value|telegram|message] of the {d} is {n} days old.",
    "The {d} [lost|has lost] [its {q} sensor|contact to its {q} sensor|the signal of its {q} sensor].",
    "[A|The] {q} of [-9999|99999|-99999|65535] [on|at|from] the {d} [cannot be|is nonsense|is not possible].",
    "[Cable break|Short circuit|Broken wire|Loose contact|Loose plug] at the {q} sensor of the {d}.",
)
MAINTENANCE = (
    (
        "The {d} is [under maintenance|under repair|on test|being tested|being overhauled|in revision|being"
        " refitted|being commissioned|being flushed] [today|until tomorrow|right now|for {n} hours|this week]."
    ),
    (
        "[Technicians|Mechanics|Electricians|Two engineers|People of the manufacturer] are [working on|"
        "repairing|testing|"
        "checking|maintaining|recalibrating|refitting] the {d}[ right now| today| this week|]."
    ),
    (
        "[Planned|Scheduled|Announced|Regular|Yearly|Preventive] [maintenance|upkeep|service|testing|"
        "inspection|calibration]"
        " [of|on|at] the {d}[, {n} hours| until tomorrow|, order {k}|]."
    ),
    (
        "[mode|state|status|flag][=|: ][maintenance|test|service_mode|calibration|commissioning|simulation]"
        " [device|unit|at]={d}"
    ),
    ("[This is|It is|This message is] [only |just |]a [test|drill|rehearsal|simulation] [at|of|on|with] the {d}."),
    "The {d} [is being|gets] [repaired|maintained|refitted|converted|recalibrated|commissioned|checked by its maker].",
    "[Test|Maintenance|Service|Calibration] mode [is |]on [at|for] the {d}.",
    (
        "[Ignore|Disregard|Forget] the [readings|alarms] of the {d}: [it is being tested|work is in progress|"
        "it is under"
        " repair|it is being calibrated]."
    ),
    "The {d} is [in test operation|being started up after its overhaul|taken apart for its inspection].",
    (
        "[A technician|An engineer|The maker|Our electrician] is [calibrating|repairing|checking|adjusting|"
        "rebuilding] the"
        " {d}[ today| right now|]."
    ),
)
ASIDES = (
    "[Call|Ring|Phone|Inform] [the foreman|Kim|the control desk|extension {k}].",
    "[Order|Case|Job|Batch|Inventory] [number|no.] {k}.", "[Wind|Rain|Snow|Sun|Fog] outside.",
    "It is [Monday|Sunday|night|noon|a holiday|early].",
    "[Today's|This week's|Last month's] [mean|maximum|minimum|low|high] [was|is] {r}.",
    "[The twin|Its twin|The spare one|Number {n}] [has|shows|reads|is at] {r}.",
    "The [room|hall|building|gate] is [locked|empty|lit|heated].", "Uptime {n} [days|hours].",
    "[Filter|Belt|Oil|Seal] [changed|replaced|renewed] {n} [weeks|months] ago.",
    "The order is for {n} [pieces|pallets|crates].", "[Software|Driver|Configuration] version {n}.{m}.",
    "Channel {n}, address {k}.", "[We|The crew|They] had {r} [yesterday|last night|on Monday].",
    "[Sampling|Polling|Reporting] [period|interval] {n} s.", "[Link|Radio] quality {n}{m} %.",
    "[Maker|Owner|Customer]: [North Works|Lumen Ltd|Halden|Orbis].",
    "It was {r} [at start-up|on delivery|an hour ago].",
    "[Thanks|Regards|Best wishes|Yours], [Kim|Ana|Jo|the night shift].", "Please [answer soon|hurry|advise|note it].",
    "The [design|rated|usual|target] value is {r}.", "Report {n} of {m}.", "The [last|next] round is at {n} o'clock.",
)  # fmt: skip
CALM = (
    "The floor is dry.", "No smoke was seen.", "No gas was found.", "There is no fire.", "All sensors are online.",
    "No maintenance is planned this week.", "The next maintenance is in {n} weeks.", "The fire alarm is silent.",
    "The test last week went well.", "Nobody works on it.", "The sensor was checked {n} days ago and is fine.",
    "It smells of nothing.", "The signal is good.", "[No|Not any] [water|flame|sparks] [in sight|anywhere near].",
    "The [sensor|probe|cable|wiring] [works|is in order|is sound|was tested and works].",
    "[There is|We have] no [test|work|service|repair|drill] [going on|planned|on the plan].",
    "[Apart from that|Otherwise] [all is well|nothing was seen|it runs as usual].",
    "The service last month found no fault.",
)  # fmt: skip


def _sided(texts: tuple[str, ...], side: str) -> tuple[str, ...]:
    """The texts with the words of one side as alternatives; a sign as it is."""

    def words(found: re.Match[str]) -> str:
        said = _SIDES[side][found[1]]
        return f"[{said}]" if "|" in said else said

    return tuple(re.sub(r"<(\w+)>", words, text) for text in texts)


HIGH_LIMITS, LOW_LIMITS = (_sided(_LIMITS, side) for side in ("high", "low"))
HIGH_WHOLES, LOW_WHOLES = (_sided(_WHOLES, side) for side in ("high", "low"))

# Two words make a device; neither decides anything.
_KINDS = (
    "main", "feed", "waste", "hot", "cold", "raw", "fresh", "return", "booster", "transfer", "washing", "mixing",
    "drying", "packing", "rolling", "casting", "coating", "cutting", "sorting", "storage", "supply", "drain", "intake",
    "outlet", "buffer", "sand", "salt", "sugar", "grain", "milk", "beer", "wood", "paper", "steel", "glass", "resin",
    "paint", "acid", "lime", "coal", "sludge", "pilot", "test", "harbour", "tunnel", "bridge", "field", "garden",
)  # fmt: skip
_THINGS = (
    "pump", "fan", "motor", "valve", "tank", "vessel", "heater", "cooler", "furnace", "kiln", "mill", "line", "cabinet",
    "room", "hall", "store", "bath", "bed", "reactor", "column", "filter", "separator", "blower", "burner", "converter",
    "charger", "battery", "panel", "winch", "saw", "drill", "roller", "shaft", "bearing", "gear", "belt", "drum",
    "nozzle", "pipe", "basin", "shed", "container", "truck", "chamber", "oven", "station", "machine", "robot", "screw",
)  # fmt: skip
# A quantity, its unit and how far apart its limits may lie; the range of one device is a part of it.
_QUANTITIES = (
    ("temperature", "°C", -40, 120), ("temperature", "°C", 15, 60), ("surface temperature", "°C", 100, 1200),
    ("air temperature", "°C", -30, 45), ("gas temperature", "°C", 150, 900), ("pressure", "bar", 1, 20),
    ("pressure", "bar", 50, 600), ("inlet pressure", "kPa", 80, 900), ("vacuum", "mbar", 5, 300),
    ("gauge pressure", "mbar", -950, 800), ("level", "cm", 10, 900), ("level", "mm", 100, 6000),
    ("level", "%", 10, 90), ("humidity", "%", 15, 85), ("moisture", "%", 4, 60), ("valve position", "%", 5, 90),
    ("vibration", "mm/s", 1, 30), ("acceleration", "m/s²", 1, 60), ("speed", "rpm", 60, 18000), ("speed", "m/s", 1, 35),
    ("current", "A", 1, 25), ("current", "mA", 4, 400), ("voltage", "V", 10, 60), ("voltage", "V", 90, 1200),
    ("power", "kW", 2, 900), ("power", "W", 10, 9000), ("energy", "kWh", 10, 5000), ("frequency", "Hz", 45, 65),
    ("flow", "l/min", 2, 300), ("flow", "m³/h", 5, 1500), ("throughput", "kg/h", 50, 9000), ("weight", "kg", 5, 5000),
    ("load", "t", 2, 90), ("force", "N", 20, 8000), ("torque", "Nm", 5, 2000), ("tension", "kN", 1, 90),
    ("concentration", "ppm", 5, 3000), ("CO2", "ppm", 600, 3000), ("dust", "mg/m³", 1, 60), ("oxygen", "mg/l", 2, 14),
    ("conductivity", "µS/cm", 20, 2500), ("salinity", "g/l", 1, 45), ("brightness", "lx", 30, 9000),
    ("noise", "dB", 40, 110), ("angle", "deg", 2, 80), ("distance", "mm", 5, 4000), ("thickness", "µm", 10, 900),
    ("cycle time", "s", 2, 240), ("delay", "ms", 5, 3000), ("queue length", "pieces", 5, 400),
    ("radiation", "µSv/h", 1, 20), ("count", "pieces/min", 10, 900),
    ("dew point", "°C", -60, 15), ("tilt", "mrad", -40, 40),
)  # fmt: skip


def device(dice: Dice) -> Device:
    """A device that nobody listed, with limits of any magnitude that its quantity has."""
    quantity, unit, low, high = dice.pick(_QUANTITIES)
    span = max(2, (high - low) // dice.pick((1, 2, 4, 10, 30)))
    first = dice.between(low, max(low, high - span))
    # Close to the low end as often as a scale of magnitudes would have it.
    if low >= 0 and dice.chance(40):
        first = min(first, low + (first - low) // dice.pick((3, 10, 30)))
    name = f"{dice.pick(_KINDS)} {dice.pick(_THINGS)}" if dice.chance(70) else dice.pick(_THINGS)
    return Device(name, quantity, unit, first, first + span)
