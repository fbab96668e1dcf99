"""How people give orders to a gateway, as a small grammar: millions of sentences for training out of few lines.

Square brackets hold alternatives, ``[turn|switch]``. ``{NP}`` is what the order is about, the other slots are those of
``edgegen.tasks.iot_command``. A draw goes from the outside in: an order of the intent (or a statement), an opening, a
closing, and perhaps a sentence beside it that means nothing. Names come from ``command_names``.
"""

from collections.abc import Mapping, Sequence

from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import drawn

# How often an intent is drawn; of the order of how often a home or a plant asks for it.
INTENTS: Mapping[str, int] = {
    "switch": 14, "switch alone": 6, "switch later": 9, "run": 6, "level": 12, "level alone": 5, "level later": 7,
    "up": 5, "down": 5, "cover": 8, "cover alone": 2, "cover later": 5, "lock": 5, "lock room": 2, "read": 6,
    "read alone": 2, "keep": 7, "keep cover": 2, "keep lock": 1, "all": 5, "all but": 6, "all but room": 4,
    "all alone": 1,
}  # fmt: skip
DRAWN_INTENTS = tuple(intent for intent, weight in INTENTS.items() for _ in range(weight))

# What an order is about, with and without its place.
_PLACED = (
    "the {D} in the {R}", "the {D} in the {R}", "the {D} in the {R}", "the {D} in the {R}", "the {R} {D}",
    "the {R} {D}", "the {R} {D}", "the {R} {D}", "the {R} {D}", "the {R} {D}",
    "the {D} [at|inside|of|from|over in|out in|down in|up in] the {R}", "the {R}'s {D}",
    "[our|my|that|this] {D} in the {R}", "{R} {D}", "{R} {D}", "[our|my|that|this|your] {R} {D}",
    "the {D} [that|which] [is|stands|sits] in the {R}", "the {D} ([in the |]{R})",
    "the {D} [located|standing|installed|mounted|placed] in the {R}", "the {D} [belonging to|that belongs to] the {R}",
)  # fmt: skip
# "Lock the cellar door" names a cellar door: a place before a lock is part of its name.
_PLACED_LOCK = (
    "the {D} in the {R}", "the {D} in the {R}", "the {D} [at|inside|of|over in|out in|down in] the {R}",
    "the {D} [that|which] is in the {R}", "[our|my|that|this] {D} in the {R}", "the {D} ([in the |]{R})",
)  # fmt: skip
_ALONE = ("the {D}", "the {D}", "the {D}", "the {D}", "[our|my|that|this|your] {D}", "{D}")

_SWITCH = (
    "[turn|switch|flip|power] {o} {NP}",
    "[turn|switch|put|flip] {NP} {o}",
    "[turn|switch] {o} {NP}",
    "[turn|switch] {NP} {o}",
    "{S} {NP}",
    "[make sure|ensure|see to it|check] [that |]{NP} is [turned |switched |]{o}",
    "[set|get] {NP} [to |]{o}",
    "[let|have] {NP} [be|go|stay] {o}",
    "[change|flip|move|toggle] {NP} [to|into] [the |]{o}[ position| state|]",
    "[arrange|provide] for {NP} to be {o}",
    "[have|get] {NP} [turned|switched|powered] {o}",
    "see [to it |]that {NP} [goes|gets switched|gets turned|is switched] {o}",
    "[cause|instruct|tell|command] {NP} to [go|turn|switch] {o}",
    "[turn|switch] it {o}[, |: |; ]I mean {NP}",
    "[turn|switch] {o} this one: {NP}",
    "[put|bring] {NP} into the {o} [position|state]",
    "[press|hit|push] {o} [on|for] {NP}",
    "[press|use|push] the {o} [switch|button|key] of {NP}",
    "[send|give] the {o} [command|signal|order] to {NP}",
    "[send|give] {NP} the {o} [command|signal]",
    "[be sure|take care] that {NP} is {o}",
    "go to {NP} and [turn|switch] it {o}",
    "[take|pick|find] {NP} and [turn|switch] it {o}",
    "do what it takes to [have|get] {NP} {o}",
    "not forget to [turn|switch] {NP} {o}",
)
_OPEN = (
    "{p} {NP}",
    "{p} {NP}",
    "{p} {NP}",
    "{p} {NP}",
    "[make sure|ensure|see to it] [that |]{NP} is {c}",
    "[get|have|set] {NP} {c}",
    "[let|have] {NP} be {c}",
    "move {NP} until it is {c}",
    "{p} it[, |: |; ]I mean {NP}",
    "{p} this one: {NP}",
    "see [to it |]that {NP} [gets|is] {C}",
    "[arrange|provide] for {NP} to be {C}",
    "[cause|instruct|tell|command] {NP} to {p}",
    "[press|hit|push] {p} [on|for] {NP}",
    "[send|give] the {p} [command|signal|order] to {NP}",
    "go to {NP} and {p} it",
    "[be sure|take care] that {NP} is {c}",
    "not forget to {p} {NP}",
)
_LOCK = (
    "{l} {NP}",
    "{l} {NP}",
    "{l} {NP}",
    "[make sure|ensure|see to it] [that |]{NP} is {c}",
    "[keep|get|have] {NP} {c}",
    "see [to it |]that {NP} [gets|is] {c}",
    "{l} it[, |: |; ]I mean {NP}",
    "{l} this one: {NP}",
    "go to {NP} and {l} it",
    "[arrange|provide] for {NP} to be {c}",
    "[send|give] the {l} [command|signal|order] to {NP}",
    "[be sure|take care] that {NP} is {c}",
    "not forget to {l} {NP}",
)
_LEVEL = (
    "[set|put|adjust|change|move|take|dial|regulate|switch|fix] {NP} to {V}",
    "[set|put|fix] {NP} at {V}",
    "[set|adjust|change] {NP} so that it is [at |]{V}",
    "[make sure|ensure] [that |]{NP} is [at|set to|on] {V}",
    "make it {V} [on|at|for] {NP}",
    "select {V} [on|for|at] {NP}",
    "[turn|push|get|drive|steer|tune] {NP} to {V}",
    "[hold|keep|run|leave|maintain] {NP} at {V}",
    "[let|have] {NP} [be|go|stay] at {V}",
    "[give|enter|dial in|choose|pick] {V} [for|on|as the setpoint of|as the level of] {NP}",
    "[use|apply] a [setting|level|setpoint|target] of {V} [for|on] {NP}",
    "[have|get] {NP} [set|adjusted|put|moved|changed] to {V}",
    "see [to it |]that {NP} [goes to|is at|gets to|is put at] {V}",
    "[set|put|change|adjust] it to {V}[, |: |; ]I mean {NP}",
    "[take|find|pick] {NP} and [set|put|adjust] it to {V}",
    "[set|change|adjust] the [level|setting|setpoint|target] of {NP} to {V}",
    "[program|configure] {NP} [for|to] {V}",
    "[type|key|put|punch] {V} into {NP}",
    "[instruct|tell|command] {NP} to [go to|hold|keep|run at] {V}",
    "[arrange|provide] for {NP} to be at {V}",
    "not forget to [set|put] {NP} to {V}",
)
_READ = (
    "[read|check|query|show me|report|look at|poll|read out] {NP}",
    "[read|check|show me] {NP}",
    "[give|send|show|fetch|get] me the [value|reading|state|status|current value|number] [of|from] {NP}",
    "tell me [what|how much] {NP} [reads|says|reports|displays]",
    "find out what {NP} says",
    "[let|have] me [see|know|hear] [what {NP} says|the value of {NP}|the reading of {NP}]",
    "[get|take|request|ask for] [a reading|the value|the latest number|a measurement] [from|of] {NP}",
    "[ask|consult|poll|sample] {NP}[ for its value| for a reading| once|]",
    "[have|take] a look at {NP}[ and tell me|]",
    "read it out to me[, |: ]I mean {NP}",
    "[go to|look at|turn to] {NP} and [read it|tell me what it says|report the value]",
    "[print|display|return|list|post] the [value|reading|number] of {NP}",
    "have {NP} [read|checked|queried|read out]",
    "[check|see|look at] what {NP} [says|reads|has to say|reports|measures]",
    "[inform me of|report|announce|pass on] the [current |latest |present |]reading of {NP}",
    "not forget to [read|check] {NP}",
)
# Orders, as they stand after "please" or "can you".
ORDERS: Mapping[str, Sequence[str]] = {
    "switch": _SWITCH,
    "run": (
        "[run|start|operate|use] {NP} for {M}",
        "[turn|switch] {NP} on for {M}",
        "[turn|switch] on {NP} [for|, but only for|for exactly|for just] {M}",
        "let {NP} [run|work|stay on|go] for {M}[ and then stop| and stop it then|]",
        "[for the next |for ]{M}[,|] [run|turn on|switch on] {NP}",
        "leave {NP} on for {M}",
        "[start|run|power|use] {NP} {M} [long|only|straight|and no longer|and not a minute more]",
        "[allow|grant] {NP} {M} [on|of work|of operation|to run|of service]",
        "[have|keep] {NP} [on|running|going|working] [for|during] [the next |]{M}",
        "[start|switch on] {NP}, [let it run|keep it on|and leave it on] for {M}",
        "[turn|switch] {NP} on and [, after {M}, off again|off again after {M}]",
        "[get|have] {NP} [running|going|turned on|switched on] for {M}",
        "see [to it |]that {NP} [runs|is on|works|stays on] for {M}",
        "[turn|switch] it on for {M}[, |: |; ]I mean {NP}",
        "[run|start] {NP}, {M} [will do|is enough|at the most|in all|should do]",
        "[program|set|instruct|tell] {NP} to run for {M}",
        "[activate|enable|power up|start up] {NP} for [the next |only |]{M}",
        "[set|give] {NP} a [running time|run] of {M}",
        "[turn|switch] on {NP} and let it [run|go|work] for {M}",
        "not forget to run {NP} for {M}",
    ),
    "level": _LEVEL,
    "up": (
        "[increase|raise|boost|lift|turn up|step up|crank up|move up] {NP} by {V}",
        "[turn|move|take|set] {NP} up by {V}",
        "add {V} to {NP}",
        "[make|set] {NP} {V} higher",
        "[increase|raise] {NP} [another|a further] {V}",
        "[put|give|set] {NP} {V} [more|extra|on top]",
        "[push|shift|nudge|bump] {NP} up [by |]{V}",
        "[let|have] {NP} [rise|climb|come up|grow] by {V}",
        "[have|get] {NP} [raised|increased|turned up|moved up] by {V}",
        "see [to it |]that {NP} [goes up|rises|is raised|is turned up] by {V}",
        "[raise|increase] it by {V}[, |: |; ]I mean {NP}",
        "[set|turn|put] {NP} {V} above [where it is|what it is now|its present level]",
        "[step|ramp|drive|bring] {NP} up by {V}",
        "[raise|increase] the [level|setting|setpoint] of {NP} by {V}",
        "[instruct|tell|command] {NP} to go {V} higher",
        "[take|find] {NP} and [raise|increase] it by {V}",
    ),
    "down": (
        "[decrease|lower|reduce|drop|turn down|step down|cut|move down] {NP} by {V}",
        "[turn|move|take|set] {NP} down by {V}",
        "[take {V} off|subtract {V} from|take {V} away from] {NP}",
        "[make|set] {NP} {V} lower",
        "[decrease|lower] {NP} [another|a further] {V}",
        "[put|give|set] {NP} {V} less",
        "[push|shift|nudge|bump] {NP} down [by |]{V}",
        "[let|have] {NP} [fall|sink|come down|drop] by {V}",
        "[have|get] {NP} [lowered|reduced|turned down|moved down] by {V}",
        "see [to it |]that {NP} [goes down|falls|is lowered|is turned down] by {V}",
        "[lower|reduce] it by {V}[, |: |; ]I mean {NP}",
        "[set|turn|put] {NP} {V} below [where it is|what it is now|its present level]",
        "[step|ramp|drive|bring] {NP} down by {V}",
        "[lower|reduce] the [level|setting|setpoint] of {NP} by {V}",
        "[instruct|tell|command] {NP} to go {V} lower",
        "[take|find] {NP} and [lower|reduce] it by {V}",
    ),
    "cover": _OPEN,
    "lock": _LOCK,
    "read": _READ,
    "keep": (
        "[do not|don't|never] [turn|switch] {o} {NP}",
        "[do not|don't|never] [turn|switch|put] {NP} {o}",
        "[do not|don't|never] [touch|change|alter|adjust|modify|{S}] {NP}",
        "leave {NP} [alone|as it is|untouched|the way it is|unchanged]",
        "[change|do] nothing [at|on|with|about] {NP}",
        "under no circumstances [turn|switch] {NP} {o}",
        "make no change to {NP}",
        "[keep|take] your hands off {NP}",
        "[see to it|make sure] [that |]nobody [turns|switches] {NP} {o}",
        "[avoid|refrain from] [turning|switching] {o} {NP}",
        "[ignore|skip|spare|leave out] {NP}",
        "[do not|don't] you [dare |ever |]{S} {NP}",
        "[do not|don't] [have|get] {NP} [turned|switched] {o}",
        "[do not|don't] let [anybody|anyone|them] [turn|switch] {NP} {o}",
        "[see to it|make sure|ensure] [that |]{NP} [stays|remains] [as it is|untouched|unchanged]",
        "[let|have] {NP} [stay|remain] [as it is|the way it is|unchanged]",
        "[stay|keep] away from {NP}",
        "[leave|keep] it as it is[, |: |; ]I mean {NP}",
        "on no account [turn|switch] {NP} {o}",
        "leave the [setting|state] of {NP} [alone|as it is|unchanged]",
        "[do not|don't] [fiddle|meddle|play|interfere] with {NP}",
        "[do not|don't] [turn|switch] {NP} {o} [yet|under any circumstances|whatever happens|for any reason]",
    ),
    "keep cover": (
        "[do not|don't|never|under no circumstances|on no account] {p} {NP}",
        "leave {NP} [alone|as it is|untouched]",
        "[do not|don't] let [anybody|anyone] {p} {NP}",
        "[do not|don't] [have|get] {NP} {C}",
        "[make sure|see to it] [that |]nobody {p}s {NP}",
    ),
    "keep lock": (
        "[do not|don't|never|under no circumstances|on no account] {l} {NP}",
        "[do not|don't] let [anybody|anyone] {l} {NP}",
        "[make sure|see to it] [that |]nobody {l}s {NP}",
    ),
    "all": (
        "[turn|switch|power] {o} {ALL} [in|inside|at|of] the {R}",
        "[turn|switch|put] {ALL} [in|inside|at] the {R} {o}",
        "[in|inside] the {R}[,|] [turn|put] {ALL} {o}",
        "{S} {ALL} [in|inside|at] the {R}",
        "[have|get] {ALL} in the {R} [turned|switched] {o}",
        "[arrange|provide] for {ALL} in the {R} to be {o}",
        "go through the {R} and [turn|switch] {ALL} {o}",
        "[turn|switch] {o} {ALL} [you find|we have|you see] in the {R}",
    ),
    "all but": (
        "[turn|switch|power] {o} {ALL} [in|inside|at] the {R}[,|] {BUT} the {D}",
        "[turn|switch|put] {ALL} [in|inside|at] the {R} {o}[,|] {BUT} the {D}",
        "[in|inside] the {R}[,|] [turn|switch|put] {ALL} {o}[,|] {BUT} the {D}",
        "{BUT} the {D}, [turn|switch] {o} {ALL} in the {R}",
        "{S} {ALL} [in|inside|at] the {R} {BUT} the {D}",
        "[have|get] {ALL} in the {R} [turned|switched] {o}[,|] {BUT} the {D}",
        "[turn|switch] {o} {ALL} in the {R}[, but| but|, and] leave the {D} [alone|as it is|untouched|out]",
        "leave the {D} [alone|as it is|out of it], [but |and |][turn|switch] {o} everything else in the {R}",
        "[turn|switch] everything else in the {R} {o}, [just |only |]not the {D}",
        "[arrange|provide] for {ALL} in the {R} to be {o}[,|] {BUT} the {D}",
    ),
    "all but room": (
        "[turn|switch|power] {o} {ALL}[,|] {BUT} [in |]the {R}",
        "[turn|switch|put] {ALL} {o}[,|] {BUT} [in |]the {R}",
        "{BUT} [in |]the {R}, [turn|switch] {ALL} {o}",
        "[turn|switch] {o} {ALL} [outside|everywhere but in] the {R}",
        "[turn|switch] {o} {ALL}[, but| but|, and] leave the {R} [alone|as it is|out]",
        "leave the {R} as it is, [but |and |][turn|switch] {o} everything else",
        "{S} {ALL} {BUT} [in |]the {R}",
        "[have|get] {ALL} [turned|switched] {o}[,|] {BUT} [in |]the {R}",
    ),
    "all alone": (
        "[turn|switch] {o} {ALL}", "[turn|switch|put] {ALL} {o}", "{S} {ALL}", "[have|get] {ALL} [turned|switched] {o}",
        "[arrange|provide] for {ALL} to be {o}",
    ),
}  # fmt: skip
# Sentences and notes of their own.
STATEMENTS: Mapping[str, Sequence[str]] = {
    "switch": (
        "[I want|I need|we need|I would like|we want] {NP} [turned |switched |]{o}",
        "{NP} [should|must|has to|needs to|ought to] [be|go] [turned |switched |]{o}",
        "{NP} [to be |to |= |-> |]{o}",
        "{NP} {o}",
        "{o} with {NP}",
        "[it is|it's] time [to turn|to switch|for turning] {o} {NP}",
        "[would|do] you mind turning {o} {NP}",
        "[how|what] about [turning|putting|switching] {NP} {o}",
        "[I'd|I would] [prefer|rather have|be happier with] {NP} {o}",
        "{NP} [wants|ought|is supposed] to be {o}",
        "[is it possible|would it be possible] to [turn|switch] {o} {NP}",
        "{NP}, [turn|switch] it {o}",
        "as for {NP}, [turn|switch] it {o}",
        "[about|regarding|concerning|re] {NP}: [turn it |switch it |]{o}",
        "{NP} is [still |]not {o}[ yet|], [so |][turn|switch] it {o}",
        "why is {NP} not {o}? [turn|switch] it {o}",
        "[what I need is|all I want is|what we want is] {NP} {o}",
        "[could|can|may|might] {NP} be [turned|switched] {o}",
        "I wish {NP} were {o}",
        "I wish you would [turn|switch] {NP} {o}",
        "if [you could|you would] [turn|switch] {NP} {o}, [that would be great|I would be glad|that would help]",
        "[it would be good|it would help|I would be glad|it would be better] if {NP} [was|were|went] {o}",
        "the [plan|idea|aim] is to have {NP} {o}",
        "[are you able|would you be willing|would you be ready] to [turn|switch] {NP} {o}",
        "[why don't you|can't you|couldn't you|won't you] [turn|switch] {NP} {o}",
        "{o}[, |: | ]{NP}",
        "{NP} [gets|is to get] [switched|turned] {o}",
        "I [am asking|ask] for {NP} to be [turned |switched |]{o}",
        "[I expect|I want to see|I count on] {NP} {o}",
        "[my|our] request: {NP} {o}",
    ),
    "switch place": (
        "{R}[:|,| -| /] {D} {o}", "{D} {o}[,| in| @| -] {R}", "set {D} {R} {o}", "{o}: {D}, {R}",
        "[turn|switch] the {D} {o}[. It is the one in|, the one in|, I mean the one in] the {R}",
        "in the {R}[,|] [turn|switch] {o} the {D}", "{R}[,|:] [turn|switch|set] the {D} {o}",
        "[turn|switch] the {D} {o}, the {R} one",
        "[over |out |down |]in the {R} the {D} [should|must|has to] [be|go] {o}",
        "I am in the {R} and [want|need] the {D} {o}", "go to the {R} and [turn|switch] {o} the {D}",
        "{D}, {R}, {o}", "{R} / {D} / {o}", "[device|what]: {D}, [room|place|where]: {R}, {o}",
        "as for the {R}, [turn|switch] the {D} {o}", "from the {R}: [turn|switch] the {D} {o}",
        "[I want|we need] the {D} {o} in the {R}", "here in the {R} [we need|I want] the {D} {o}",
    ),
    "run": (
        "{NP} [should|must|has to|needs to] run for {M}", "[I want|I need|we need] {NP} on for {M}",
        "{NP} on[,|] {M}", "{M} of {NP}", "{NP} [gets|needs|wants] {M}", "{NP}[:|,|] {M}[ on| of work|]",
        "{NP} [is to|shall|should] be on for {M}", "[would|do] you mind running {NP} for {M}",
        "[how|what] about [running|starting] {NP} for {M}", "[I'd|I would] like {NP} to [run|be on|work] for {M}",
        "as for {NP}, [run|start] it for {M}", "{NP}, [run|start] it for {M}", "{M} [on|for|with] {NP}",
        "[could|can|may] {NP} [run|be on|be run] for {M}", "[it is|it's] time to run {NP} for {M}",
        "if you could run {NP} for {M}, [that would be great|I would be glad|that would help]",
        "[we need|I want|I need] {M} of {NP}", "{M} should be enough for {NP}, so [run|start] it",
        "[why don't you|can't you|couldn't you] run {NP} for {M}", "[about|regarding|concerning] {NP}: on for {M}",
    ),
    "level": (
        "[I want|I need|we need|I would like] {V} [on|at|from|in] {NP}",
        "{NP} [should|must|has to|needs to|ought to] be [at|set to|on] {V}",
        "{NP}[:| to| =| ->| at|] {V}",
        "{V} [on|at|for] {NP}",
        "[I want|I need|we need] {NP} [at|set to|on] {V}",
        "{NP} [wants|gets|needs|goes to|goes up to|is to have] {V}",
        "{NP} {V}",
        "[would|do] you mind [setting|putting] {NP} to {V}",
        "[how|what] about {V} [on|for|at] {NP}",
        "{V} [is|would be] [right|fine|good|what I want] [for|on] {NP}",
        "{NP}, [set|put] it [to|at] {V}",
        "as for {NP}, [set it to|make it|put it at] {V}",
        "[about|regarding|concerning|re] {NP}: [set it to |make it |]{V}",
        "[could|can|may|might] {NP} be [set|put|changed|adjusted] to {V}",
        "I wish {NP} were at {V}",
        "if [you could|you would] [set|put] {NP} to {V}, [that would be great|I would be glad|that would help]",
        "[it would be good|it would help|I would be glad] if {NP} [was|were] at {V}",
        "the [right|best|new|wanted] [level|setting|setpoint|value] for {NP} is {V}",
        "{NP} is not at {V}[ yet|], [so |]set it",
        "[why don't you|can't you|couldn't you] [set|put] {NP} to {V}",
        "[our|my|the] [target|goal|aim] for {NP} is {V}",
        "{NP} is to be [set|adjusted|brought|put] to {V}",
        "{V}, [please, |]{NP}",
        "[is it possible|would it be possible] to [set|put] {NP} to {V}",
        "[I'd|I would] [prefer|rather have|be happier with] {NP} at {V}",
    ),
    "level place": (
        "{R}[:|,| -| /] {D} [to |at |]{V}", "{D} {V}[,| in| @] {R}", "for the {R}[,|:] {D} at {V}",
        "in the {R}[,|] [put|adjust|move] the {D} to {V}", "[set|put] the {D} to {V}, the {R} one",
        "[over |out |down |]in the {R} the {D} [should|must|has to] be at {V}", "{R} / {D} / {V}",
        "go to the {R} and [set|put|adjust] the {D} to {V}", "as for the {R}, [set|put] the {D} to {V}",
        "[set|adjust] the {D} to {V}. It is the one in the {R}", "[device|what]: {D}, [room|place|where]: {R}, {V}",
    ),
    "up": (
        "{NP} up by {V}", "{NP} [plus|+] {V}", "[I want|we need] {NP} {V} higher", "{V} more on {NP}",
        "{NP} [needs|wants|should get] {V} more", "[would|do] you mind [raising|increasing] {NP} by {V}",
        "{NP}, [raise|increase] it by {V}", "as for {NP}, [raise it by {V}|make it {V} higher]",
        "{NP} [should|must|has to|needs to] [go up|rise|be raised|be increased] by {V}",
        "[could|can|may] {NP} be [raised|increased|turned up] by {V}", "[how|what] about {V} more [on|for] {NP}",
        "{NP} is {V} too low, [so raise it|turn it up by that much]", "{NP} up {V}", "up by {V}: {NP}",
        "if you could [raise|increase] {NP} by {V}, [that would be great|I would be glad]",
    ),
    "down": (
        "{NP} down by {V}", "{NP} [minus|less] {V}", "[I want|we need] {NP} {V} lower", "{V} less on {NP}",
        "{NP} [needs|wants|should get] {V} less", "[would|do] you mind [lowering|reducing] {NP} by {V}",
        "{NP}, [lower|reduce] it by {V}", "as for {NP}, [lower it by {V}|make it {V} lower]",
        "{NP} [should|must|has to|needs to] [go down|fall|be lowered|be reduced] by {V}",
        "[could|can|may] {NP} be [lowered|reduced|turned down] by {V}", "[how|what] about {V} less [on|for] {NP}",
        "{NP} is {V} too high, [so lower it|turn it down by that much]", "{NP} down {V}", "down by {V}: {NP}",
        "if you could [lower|reduce] {NP} by {V}, [that would be great|I would be glad]",
    ),
    "cover": (
        "{NP} [should|must|has to|needs to] be {c}", "[I want|I need|we need|I would like] {NP} {c}",
        "{NP}[:| -| ->] {p}",
        "{NP} [wants|is supposed|ought] to be {c}",
        "[it is|it's] time to {p} {NP}",
        "[is it possible|would it be possible] to {p} {NP}",
        "{p} it[:|,] I mean {NP}",
        "{NP}, {p} it",
        "as for {NP}, {p} it",
        "[about|regarding|concerning|re] {NP}: {p} it",
        "{NP} is [still |]not {c}[ yet|], [so |]{p} it",
        "why is {NP} not {c}? {p} it",
        "[could|can|may|might] {NP} be {C}",
        "I wish {NP} were {c}",
        "if [you could|you would] {p} {NP}, [that would be great|I would be glad|that would help]",
        "[it would be good|it would help|I would be glad] if {NP} [was|were] {c}",
        "[why don't you|can't you|couldn't you|won't you] {p} {NP}",
        "{NP} is to be {C}",
        "[I'd|I would] [prefer|rather have|be happier with] {NP} {c}",
    ),
    "cover place": (
        "{R}[:|,| -| /] {D} {p}", "{R} {D} {p}", "{p} {D}[,| in| @] {R}", "in the {R}[,|] {p} the {D}",
        "{p} the {D}, the {R} one", "{p} the {D}. It is the one in the {R}", "go to the {R} and {p} the {D}",
        "as for the {R}, {p} the {D}", "{p} {R} {D}", "{D}, {R}, {p}",
        "[over |out |down |]in the {R} the {D} [should|must|has to] be {c}",
    ),
    "lock": (
        "{NP} [should|must|has to|needs to] be {c}", "[I want|I need|we need] {NP} {c}", "{NP}[:| -| ->] {l}",
        "{NP}, {l} it", "as for {NP}, {l} it", "{NP} is [still |]not {c}[ yet|], [so |]{l} it",
        "why is {NP} not {c}? {l} it", "[could|can|may] {NP} be {c}", "I wish {NP} were {c}",
        "if you could {l} {NP}, [that would be great|I would be glad|that would help]",
        "[why don't you|can't you|couldn't you|won't you] {l} {NP}", "[it is|it's] time to {l} {NP}",
        "{l}[:|] {NP}", "[is it possible|would it be possible] to {l} {NP}",
    ),
    "read": (
        "[what|how much] does {NP} [say|show|read|report|display|give]",
        "[what|which] [value|reading|number] [is on|do we have on|comes from] {NP}",
        "how is {NP} [doing|looking]", "[status|value|reading|state] of {NP}", "{NP}[?|: value| status| reading]",
        "I [need|want] the [value|status|reading] of {NP}",
        "[what|how much] is {NP} [saying|showing|reading|measuring|reporting]",
        "[what is|what's] the [value|reading|state|status|latest number] [of|from|on] {NP}",
        "[do you know|can you say|may I know|I wonder] what {NP} [says|reads|reports]",
        "[I'd|I would] like to [know|hear|see] what {NP} [says|reads|reports]",
        "what [was|is] the last [value|reading] of {NP}", "{NP}, what does it say", "{NP}: how much",
        "[any|what] news from {NP}", "[what|which] [number|figure] [does {NP} give|is {NP} at]", "read: {NP}",
        "[is there|do we have] a [reading|value] from {NP}", "where [does {NP} stand|is {NP} at]",
        "if you could read {NP}, [that would be great|I would be glad]",
    ),
    "keep": (
        "{NP} [stays|remains|should stay|must stay|is to stay] [as it is|untouched|unchanged]",
        "[I don't|we do not] want {NP} [changed|touched|turned {o}|switched {o}]",
        "nobody [should|is to|may] [touch|change|switch {o}|turn {o}] {NP}",
        "nothing [is to|should|must] happen to {NP}", "no [change|changes] to {NP}",
        "{NP} [must|should] not be [touched|turned {o}|switched {o}|changed]",
        "{NP} is fine [as it is|the way it is]", "there is no need to [touch|change|turn {o}] {NP}",
        "hands off {NP}", "{NP}: [do not touch|no change|leave it|keep as it is]",
        "not {NP}, leave it [alone|as it is]",
        "[you must not|you may not|you should not] [touch|change|turn {o}|switch {o}] {NP}",
        "I [forbid|don't allow] you to [touch|change|switch {o}] {NP}", "as for {NP}, [leave it alone|don't touch it]",
        "[I'd|I would] rather you did not [touch|switch {o}|turn {o}] {NP}", "{NP} is [off limits|not to be touched]",
        "[would|could] you [leave {NP} as it is|not touch {NP}]", "[I want|we want|I'd like] {NP} left as it is",
    ),
    "keep cover": (
        "I [don't|do not] want {NP} {C}", "nobody [may|is to|should] {p} {NP}", "{NP} [must|should] not be {C}",
        "there is no need to {p} {NP}", "[you must not|you may not|you should not] {p} {NP}",
        "as for {NP}, [do not|don't] {p} it",
    ),
    "keep lock": (
        "I [don't|do not] want {NP} {C}", "nobody [may|is to|should] {l} {NP}", "{NP} [must|should] not be {C}",
        "there is no need to {l} {NP}", "[you must not|you may not|you should not] {l} {NP}",
        "as for {NP}, [do not|don't] {l} it",
    ),
    "all": (
        "{R}[:|,] {ALL} {o}", "{ALL} [in|inside|at] the {R} {o}", "{ALL} [in|at] the {R} [should|must] be {o}",
        "[I want|we need] {ALL} in the {R} {o}", "as for the {R}, [turn|switch] {ALL} {o}", "the whole {R} {o}",
        "[could|can|may] {ALL} in the {R} be [turned|switched] {o}", "{R}, {ALL}, {o}",
        "[I'd|I would] like {ALL} in the {R} [turned |switched |]{o}", "{o} with {ALL} in the {R}",
    ),
    "all but": (
        "{R}[:|,] {ALL} {o}[,|] {BUT} the {D}", "{ALL} [in|at] the {R} {o}[,|] {BUT} the {D}",
        "{ALL} in the {R} [should|must] be {o}[,|] {BUT} the {D}",
        "[I want|we need] {ALL} in the {R} {o} {BUT} the {D}",
        "[I want|we need] everything else in the {R} {o}, the {D} [stays as it is|is fine]",
        "[could|can|may] {ALL} in the {R} be [turned|switched] {o}[,|] {BUT} the {D}",
        "as for the {R}, {ALL} {o}[,|] {BUT} the {D}", "{R}: {ALL} {o}, the {D} stays as it is",
        "the whole {R} {o}[,|] {BUT} the {D}",
    ),
    "all but room": (
        "{ALL} {o}[,|] {BUT} [in |]the {R}", "{ALL} [should|must] be {o}[,|] {BUT} [in |]the {R}",
        "[I want|we need] {ALL} {o}[,|] {BUT} [in |]the {R}",
        "[could|can|may] {ALL} be [turned|switched] {o}[,|] {BUT} [in |]the {R}",
        "{ALL} {o}, the {R} stays as it is",
    ),
    "all alone": ("{ALL} {o}", "I want {ALL} {o}", "[could|can] {ALL} be [turned|switched] {o}",
                  "{ALL} [should|must] be {o}", "{o} with {ALL}"),
}  # fmt: skip
_ALL = (
    "[everything|everything|everything|all devices|all the devices|every device|all|all the equipment|all appliances|"
    "every single device|all of it|each and every device]"
)
_BUT = (
    "[except|except for|but not|apart from|aside from|other than|with the exception of|excluding|save for|only not|"
    "not counting|leaving out|but for]"
)
# "But not" cannot begin a sentence.
_BUT_FIRST = "[except for|apart from|aside from|with the exception of|excluding|not counting|leaving out]"

# An order with a moment: before it or after it.
_LATER = (
    "{X} {AT} {T}", "{X} {AT} {T}", "{X}, {AT} {T}", "{AT} {T}, {X}", "{AT} {T} {X}", "{T}: {X}", "{X} ({T})",
    "{X}, but only at {T}", "{X}, and [do it|do so|that] at {T}", "at {T}, [and not before|not earlier|sharp], {X}",
    "{X} @ {T}", "{T} - {X}", "{X}, [let's say|say|I think|shall we say] at {T}", "{X}, time {T}", "{T}, {X}",
    "[for|plan for|scheduled for|due at|time] {T}: {X}", "{X}, [it is planned|this is|that is] for {T}",
)  # fmt: skip
# Before an order without an opening.
_LATER_ORDER = (
    "wait until [it is |]{T}, then {X}", "when the clock [shows|says|strikes] {T}, {X}", "the moment it is {T}, {X}",
    "[set a timer|make a note|plan|make an appointment] for {T} to {X}", "[at|from] {T} I want you to {X}",
    "{X} [when|once|as soon as] [it is|it's|the clock says] {T}", "[at|from] {T} you should {X}",
    "[once|when] it is {T}, [please |]{X}", "your job at {T} is to {X}", "at {T}, [could|can|would|will] you {X}",
)  # fmt: skip
# The moment within the order.
_LATER_WHOLE: Mapping[str, Sequence[str]] = {
    "switch": (
        "[schedule|plan|program|time] {NP} to [go|be switched|turn] {o} at {T}", "{NP} [is to go|has to go] {o} at {T}",
        "at {T} {NP} [is|has|needs] to be {o}", "[have|get] {NP} [turned|switched] {o} [at|from] {T} on",
        "[turn|switch] {o} at {T} {NP}", "from {T} on, {NP} [should|must] be {o}", "{o} at {T}: {NP}",
        "{NP} at {T}: {o}", "{NP} [should|must|has to] go {o} at {T}", "{T}, {NP}: {o}",
        "it is at {T} that {NP} should go {o}", "[I want|I need|we need] {NP} {o} [at|from] {T}",
    ),
    "level": (
        "[schedule|plan|program] {NP} [for|to go to] {V} at {T}", "at {T} {NP} [is to be|has to be|should be] at {V}",
        "[set|put] {NP} at {T} to {V}", "from {T} on, {NP} [should|must] be at {V}", "{V} at {T} [on|for] {NP}",
        "{NP} at {T}: {V}", "{NP}, {T}, {V}", "[I want|I need|we need] {V} on {NP} [at|from] {T}",
        "[have|get] {NP} set to {V} [at|from] {T} on", "{T}, {NP}: {V}", "{NP} [should|must|has to] go to {V} at {T}",
    ),
    "cover": (
        "[schedule|plan|program] {NP} to {p} at {T}", "at {T} {NP} [is|has|needs] to be {c}",
        "[have|get] {NP} {c} [at|from] {T} on", "{p} at {T} {NP}", "from {T} on, {NP} [should|must] be {c}",
        "{p} at {T}: {NP}", "{NP} at {T}: {p}", "{T}, {NP}: {p}", "{NP} [should|must|has to|is to] {p} at {T}",
        "it is at {T} that {NP} should {p}", "[I want|I need|we need] {NP} {c} [at|from] {T}",
    ),
}  # fmt: skip
_AT = ("at", "at", "at", "at", "at exactly", "from", "when it is", "as soon as it is", "starting at", "today at",
       "tonight at", "tomorrow at", "at around", "later, at", "once it is", "then, at", "precisely at",
       "this time at")  # fmt: skip

_OPENINGS = (
    "", "", "", "", "", "", "please ", "please ", "please ", "[can|could|would|will] you [please |kindly |quickly |]",
    "[can|could|would|will] you [please |]", "I [want|need|would like|'d like] you to ",
    "you [should|must|may|can|need to] ", "[remember|be so kind as|go ahead and try] to ",
    "[go and|go ahead and|just|now|quickly|kindly|simply|first|next] ",
    "[would|could] you be so [kind|nice] as to ", "[we'd|I'd] be [glad|happy|grateful] if you could ",
    "[let us|let's] ", "do [please |]", "I [ask|order|beg] you to ", "your [task|job] is to ", "it would be nice to ",
    "[is there a way|is there a chance|are you able] to ", "I [was wondering|wonder] if you could ",
    "[may|might|can] I ask you to ", "[what you should do now is|the next thing is] to ", "[time|try|you have] to ",
    "I [expect|need|request] you to ", "[we|they] [want|asked|would like] you to ", "do me a favor and ",
    "you'd [help me|do me a favor] if you could ", "make an effort to ",
    "[somebody|someone|my wife|my boss] wants you to ",
)  # fmt: skip
# Orders that no opening but "please" fits.
_UNOPENED = ("do not", "don't", "never", "under", "on no account", "except", "apart", "aside", "with the", "excluding",
             "not counting", "leaving out", "for the", "for ", "in ", "inside")  # fmt: skip
_ASKS = ("can ", "could ", "would ", "will ", "is there ", "are you ", "may I ", "might I ")
_QUESTIONS = ("what", "which", "how", "would you mind", "do you", "is it possible", "would it", "could ", "can", "may ",
              "might ", "are you", "would you", "why don't", "won't", "couldn't", "is there", "do we", "any news",
              "where ")  # fmt: skip
_VOCATIVES = (
    "", "", "", "", "", "hey, ", "ok, ", "hello, ", "hi there, ", "computer, ", "gateway, ", "assistant, ", "listen, ",
    "so, ", "well, ", "alright, ", "good morning, ", "one more thing: ", "um, ", "oh, and ", "next: ", "by the way, ",
    "when you have a second, ", "sorry to bother you, but ", "if possible, ", "er, ", "right, ", "good evening, ",
    "excuse me, ", "hm, ", "you know what, ", "let me think, ", "ah yes, ", "no, wait, ", "as I said, ", "and then, ",
    "before I forget, ", "first of all, ", "also, ", "if you don't mind, ", "whenever you can, ", "oh dear, ",
    "hurry up, ",
)  # fmt: skip
# Why, before an order or behind it.
_REASONS = (
    "it is [dark|late|cold|too loud|warm|stuffy|early|quiet] [here|now|in here|outside|]", "we are [leaving|late|done]",
    "I am [tired|busy|cold|out|on my way]", "nobody is [here|there|at home]", "the guests are coming",
    "it [saves power|is safer|smells odd|is raining]", "the children are asleep", "my hands are full",
    "the shift is over", "the work is done", "I can't reach it", "I forgot to do it", "I cannot see a thing",
    "it is getting [dark|late|cold|hot]", "somebody [complained|asked for it]", "we have [visitors|a meeting]",
)  # fmt: skip
_REASON_FIRST = (
    "{Y}, so {X}",
    "{Y}, {X}",
    "as {Y}, {X}",
    "since {Y}, {X}",
    "because {Y}, {X}",
    "{Y}. {X}",
    "{Y} and so {X}",
)
_REASON_LAST = (
    "{X}, because {Y}",
    "{X} because {Y}",
    "{X}, since {Y}",
    "{X}, as {Y}",
    "{X}, {Y}",
    "{X} - {Y}",
    "{X}; {Y}",
)
_CLOSINGS = (
    "", "", "", "", "", "", ", please", " please", " now", " right away", ", thanks", " for me", ", will you", " again",
    " immediately", ", thank you", ", ok", ", that is all", " if you can", ", would you", " as soon as you can",
    ", if you please", ", if you don't mind", ", could you", ", can you", ", cheers", ", thanks in advance", ", right",
    " for us", ", got it", ", if that is all right", ", that's it", " without delay", ", over",
)  # fmt: skip
_ENDS = ("", ".", ".", ".", ".", "!", "...", " .")
# Sentences beside the order that change nothing about it.
_BESIDE = (
    "It is getting dark.", "I am just leaving.", "We have guests.", "The meeting is over.", "My hands are full.",
    "It is so loud here.", "That saves power.", "Thanks a lot!", "Nobody is there any more.", "I forgot it yesterday.",
    "The weather is awful.", "My colleague asked for it.", "It is too bright.", "I can't sleep.", "We start soon.",
    "The children are asleep.", "I will be back later.", "It was like that all day.", "This is urgent.",
    "The boss wants it so.", "It is cold outside.", "You did well last time.", "I have a headache.", "No hurry.",
    "We talked about it before.", "It has been 3 days now.", "There are 4 of us.", "I said it twice already.",
    "Did you hear me?", "That is the last one.", "You know which one I mean.", "It matters to me.",
    "Tell me when it is done.",
    "I am in a hurry.", "This is what we agreed on.", "Sorry for asking so late.", "We do that every day.",
    "It took 20 minutes yesterday.", "Let me know if that fails.", "The others agree.",
)  # fmt: skip


# --- sentences -----------------------------------------------------------------------------------


def _about(intent: str) -> Sequence[str]:
    """The ways to name what an order of ``intent`` is about."""
    if intent.endswith("alone") or intent in ("lock", "keep lock"):
        return _ALONE
    return _PLACED_LOCK if intent == "lock room" else _PLACED


def _core(dice: Dice, intent: str) -> tuple[str, bool]:
    """An order (True) or a statement about ``{NP}``, with its alternatives drawn."""
    base = (
        intent.removesuffix(" later").removesuffix(" alone").removesuffix(" room") if intent != "all but room" else ""
    )
    name = intent if intent in ORDERS else base
    ordered = dice.chance(68)
    if ordered:
        text = dice.pick(ORDERS[name])
    else:
        placed = STATEMENTS.get(f"{name} place", ()) if intent in (name, f"{name} later") else ()
        text = dice.pick((*STATEMENTS[name], *placed))
    text = text.replace("{ALL}", _ALL).replace("{BUT}", _BUT_FIRST if text.startswith("{BUT}") else _BUT)
    return drawn(dice, text.replace("{NP}", dice.pick(_about(intent)))).replace("that that ", "that the "), ordered


def _opening(dice: Dice, text: str) -> str:
    """Words before an order; "can you don't" is no English, "you must except for the lamp turn off" hardly any."""
    opening = drawn(dice, dice.pick(_OPENINGS)).replace("I 'd", "I'd")
    return ("please " if opening else "") if text.startswith(_UNOPENED) else opening


def _later(dice: Dice, text: str, *, order: bool) -> str:
    """``text`` with a moment; ``order`` where it is one without an opening."""
    frame = dice.pick(_LATER_ORDER) if order and dice.chance(35) else dice.pick(_LATER)
    return drawn(dice, frame).replace("{X}", text).replace("{AT}", dice.pick(_AT))


def _reasoned(dice: Dice, text: str) -> str:
    """``text`` with a reason before or behind it."""
    reason = drawn(dice, dice.pick(_REASONS)).rstrip()
    frame = dice.pick(_REASON_LAST if dice.chance(40) and "?" not in text else _REASON_FIRST)
    return frame.replace("{Y}", reason).replace("{X}", text)


def sentence(dice: Dice, intent: str) -> str:
    """A template for ``intent``, with slots for names and values only."""
    text, ordered = _core(dice, intent)
    opening = _opening(dice, text) if ordered and dice.chance(75) else ""
    if text.startswith("not forget"):
        # "You must not forget to" and "do not forget to" are orders, "can you not forget to" is none.
        opening = dice.pick(("do ", "please do ", "you must ", "you should "))
    opened = opening + text
    if intent.endswith("later"):
        whole = _LATER_WHOLE[intent.removesuffix(" later")]
        if dice.chance(25):
            opened, opening, text = drawn(dice, dice.pick(whole).replace("{NP}", dice.pick(_PLACED))), "", ""
        else:
            opened = _later(dice, opened, order=ordered and not opening and not text.startswith(_UNOPENED))
    question = opening.startswith(_ASKS) or text.startswith(_QUESTIONS)
    asked = opened.endswith("?") or "? " in opened
    if dice.chance(9) and not asked:
        opened = _reasoned(dice, opened)
    closing = dice.pick(_CLOSINGS) if dice.chance(45) and not asked and ". " not in opened else ""
    if "please" in closing and "please" in opened:
        closing = ""
    end = dice.pick(("?", "?", "?", "", ".")) if question else dice.pick(_ENDS)
    whole = (
        (dice.pick(_VOCATIVES) if dice.chance(40) else "") + opened + closing + ("" if opened.endswith("?") else end)
    )
    # A slot that starts a sentence stays as it is, so that a name is never changed.
    whole = whole[0].upper() + whole[1:] if dice.chance(75) and whole[0] != "{" else whole
    if dice.chance(12):
        beside = dice.pick(_BESIDE)
        whole = (
            f"{beside} {whole}"
            if dice.chance(50)
            else f"{whole.rstrip(' .')}{'' if whole.endswith(('!', '?')) else '.'} {beside}"
        )
    return whole
