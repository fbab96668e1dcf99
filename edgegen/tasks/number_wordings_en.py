"""English wordings of number comparison, by split, then by (word of the answer, what is compared).

What is compared: ``n`` numbers of any sign, ``p`` quantities that cannot be negative, ``t`` temperatures, ``v``
versions, ``d`` dates. The word decides which of the two is asked for (``edgegen.tasks.numbers``). Lists are only ever
appended to: a wording's place in them is its name in reports.
"""

from collections.abc import Mapping, Sequence

Wordings = Mapping[tuple[str, str], Sequence[str]]

TRAIN: Wordings = {
    ("larger", "n"): (
        "Compare {a} and {b}. Which one is larger?",
        "I have two numbers, {a} and {b}. Give me the larger one.",
        "Larger number please: {a}, {b}",
        "Someone claims that {a} beats {b} in size. Which number really is larger?",
        "Two students wrote down {a} and {b}. Whose number is the larger? Give the number.",
        "{a} vs {b}: which is more?",
        "On the number line, which lies further to the right: {a} or {b}?",
        "which decimal is larger {a} {b}",
        "Is {a} larger than {b}?",
        "Decide: {a} or {b}. I only care about the larger one.",
        "Here is a riddle for you. The first door shows {a}, the second {b}. Open the one with the larger number.",
    ),
    ("bigger", "n"): (
        "Choose the bigger number: {a} / {b}",
        "Given x = {a} and y = {b}, what is the value of the bigger variable?",
        "A list holds {a} and {b}. Return its biggest element.",
        "Hi! Quick question: is {a} bigger, or {b}?",
        "My son says {a} is bigger than {b}. Is he right? Name the bigger number.",
        "Point out the bigger of the two decimals {a} and {b}.",
    ),
    ("greater", "n"): (
        "Here are two decimals: {a} and {b}. Name the greater.",
        "Is {a} greater than {b}, or is it the other way round? State the greater number.",
        "Look at {a} and at {b}. Which has the greater value?",
        "Two values came in: first {a}, then {b}. Report the greater value.",
        "Decide which decimal is greater and write it down: {a}; {b}",
        "True or false: {a} > {b}? Say which one is greater.",
        "Fill in the sign, < or >, between {a} and {b}, and name the greater one.",
    ),
    ("higher", "n"): (
        "Which value is higher, {a} or {b}?",
        "Out of {a} and {b}, select the higher figure.",
        "Team A scored {a} on average, team B {b}. Whose average is higher?",
        "The index moved from {a} to {b}. Which of the two levels was higher?",
    ),
    ("max", "n"): (
        "max({a}, {b})",
        "Find the maximum of {a} and {b}.",
        "What does max return for {a} and {b}?",
        "Compute the maximum: {a}, {b}",
        "Pick the largest of these: {a}, {b}",
        "values = [{a}, {b}]\nWhat is the largest value?",
    ),
    ("only", "n"): (
        "Answer with one number, the larger one: {a} {b}",
        "larger({a}, {b}) ->",
        "Just the bigger number, no explanation: {a} or {b}",
    ),
    ("smaller", "n"): (
        "Compare {a} and {b}. Which one is smaller?",
        "Which is less, {a} or {b}?",
        "Pick the smaller figure: {a} | {b}",
        "Is {a} smaller than {b}?",
        "Name the lesser of {a} and {b}.",
        "On the number line, which lies further to the left: {a} or {b}?",
        "I have {a} and {b} on two cards. Hand me the card with the smaller number.",
        "{a}, {b} - smaller one?",
    ),
    ("lower", "n"): (
        "Which value is lower, {a} or {b}?",
        "Two decimals, {a} and {b}: tell me the lower one.",
        "The score was {a} on Monday and {b} on Friday. On which day was it lower? Give the score.",
    ),
    ("min", "n"): (
        "min({a}, {b})",
        "I need the minimum of these two numbers: {a} and {b}.",
        "Of the pair {a}, {b}, give the smallest.",
        "values = [{a}, {b}]\nWhat is the smallest value?",
    ),
    ("asc", "n"): (
        "Sort {a} and {b} in ascending order.",
        "Arrange these from smallest to largest: {a}, {b}",
        "Put {a} and {b} in order, lowest first.",
    ),
    ("desc", "n"): (
        "Sort {a} and {b} in descending order.",
        "Order these two from high to low: {a}, {b}",
        "List {a} and {b} with the biggest first.",
    ),
    ("higher", "p"): (
        "A sensor reads {a} and then {b}. Which reading is higher?",
        "Humidity was {a} % in the cellar and {b} % in the attic. Which is higher?",
        "Pump 1 runs at {a} bar, pump 2 at {b} bar. Which pressure is higher?",
        "The meter showed {a} kWh yesterday and {b} kWh today. Which reading is the higher one?",
        "Voltage on line A: {a} V. Voltage on line B: {b} V. Give the higher voltage.",
        "Interest of {a} % or of {b} %: which rate is higher?",
    ),
    ("heavier", "p"): (
        "One parcel weighs {a} kg, the other {b} kg. How heavy is the heavier one?",
        "Bag A: {a} kg. Bag B: {b} kg. Which is heavier?",
    ),
    ("lighter", "p"): ("Two stones weigh {a} g and {b} g. What does the lighter one weigh?",),
    ("more expensive", "p"): (
        "The red pen costs ${a}, the blue one ${b}. Which price is higher?",
        "Shop A asks {a} euros, shop B {b} euros. Where is it more expensive? Give the price.",
    ),
    ("cheaper", "p"): (
        "I can buy it for ${a} or for ${b}. Which is cheaper?",
        "Offer one: {a} euros a litre. Offer two: {b} euros a litre. Name the cheaper price.",
    ),
    ("longer", "p"): (
        "One cable is {a} m long, another {b} m. How long is the longer cable?",
        "Jump of Ann: {a} m. Jump of Ben: {b} m. Who jumped further? Give the distance.",
    ),
    ("shorter", "p"): ("The ways are {a} km and {b} km long. Which is shorter?",),
    ("faster", "p"): ("Car one drives {a} km/h, car two {b} km/h. Which speed is faster?",),
    ("lower", "p"): (
        "The tank's level is {a} cm at the left gauge and {b} cm at the right one. Which gauge shows less?",
        "Two batteries show {a} V and {b} V. Which voltage is lower?",
    ),
    ("warmer", "t"): (
        "It is {a} °C in the kitchen and {b} °C in the hall. Which temperature is warmer?",
        "Freezer A is at {a} °C, freezer B at {b} °C. Which is warmer?",
    ),
    ("colder", "t"): (
        "Outside sensor: {a} °C. Garage sensor: {b} °C. Which place is colder? Give the temperature.",
        "Last night it was {a} degrees, tonight {b} degrees. Which night is colder?",
    ),
    ("newer", "v"): (
        "Version {a} and version {b} of the firmware are out. Which version is newer?",
        "Which software version is newer: {a} or {b}?",
        "The gateway runs version {a}; version {b} is offered. Which version is the newer one?",
        "Compare the version numbers {a} and {b} and name the newer version.",
        "Versions: {a}, {b}. Latest version?",
        "Is version {a} newer than version {b}?",
        "Our changelog lists version {a} and version {b}. Which version was released later?",
    ),
    ("older", "v"): (
        "Which version is older, {a} or {b}?",
        "Device 1 has version {a}, device 2 version {b}. Which version is older and needs the update?",
        "Name the lower version number: version {a} or version {b}.",
    ),
    ("later", "d"): (
        "Which date is later, {a} or {b}?",
        "The certificate expires on {a}, the contract on {b}. Which date comes later?",
        "Pick the more recent of these dates: {a}, {b}",
        "Log files from {a} and {b}: which one is the most recent?",
    ),
    ("earlier", "d"): (
        "Which date is earlier, {a} or {b}?",
        "One service is due on {a}, another on {b}. Which date comes first?",
        "Dates {a} and {b}: name the earlier.",
        "Was the sensor installed first on {a}, or on {b}? Give the earlier date.",
    ),
}

DEV: Wordings = {
    ("larger", "n"): (
        "Which of the numbers {a} and {b} is the larger one?",
        "If you had to choose the larger amount, would you take {a} or {b}?",
    ),
    ("bigger", "n"): ("What's bigger: {a}, or {b}?",),
    ("greater", "n"): ("Determine the greater of the following values. First: {a}. Second: {b}.",),
    ("max", "n"): ("I give you {a} and {b}; you give me their maximum.",),
    ("smaller", "n"): (
        "Which of both is the smaller number, {a} or {b}?",
        "Say which number is smaller: {a} against {b}.",
    ),
    ("asc", "n"): ("Write {a} and {b} in increasing order.",),
    ("higher", "p"): ("Sensor one reports {a} bar while sensor two reports {b} bar. Which is the higher value?",),
    ("heavier", "p"): ("A box of {a} kg and a box of {b} kg stand here. What is the weight of the heavier box?",),
    ("cheaper", "p"): ("Bread costs {a} euros at the market and {b} euros in town. What is the cheaper price?",),
    ("colder", "t"): ("Which reading is colder: {a} °C or {b} °C?",),
    ("newer", "v"): (
        "Between version {a} and version {b}, which version is more recent?",
        "I see two releases, version {a} and version {b}. Tell me the newer one.",
        "Our tracker mentions version {a} twice and version {b} once. Which of these is the newest version?",
    ),
    ("older", "v"): (
        "Version {a} or version {b}: which of them would you call the older version?",
        "One machine still has version {a}, another has version {b}. Whose version is older?",
        "Two tickets name version {a} and version {b}; which version was first on the market?",
    ),
    ("later", "d"): ("Of the dates {a} and {b}, which lies further in the future?",),
    ("earlier", "d"): ("Which day came before the other: {a} or {b}?",),
    ("lower", "p"): ("The gauges of both boilers show {a} bar and {b} bar. Tell me the lower pressure.",),
    ("lighter", "p"): ("Of two letters, one has {a} g and one {b} g. How many grams has the lighter letter?",),
    ("more expensive", "p"): ("A night here costs {a} euros, there {b} euros. Which night is more expensive?",),
    ("longer", "p"): ("The hose is {a} m and the rope {b} m. Which of them is longer?",),
    ("shorter", "p"): ("Two routes were planned, {a} km and {b} km. Take the shorter one; how far is it?",),
    ("faster", "p"): ("The lift moves with {a} m/s, the stairs with {b} m/s. What is the faster speed?",),
    ("warmer", "t"): ("The bath has {a} °C and the pool {b} °C. In which is the water warmer?",),
    ("lower", "n"): ("Given the two scores {a} and {b}, state the one that is lower.",),
    ("higher", "n"): ("My score was {a}, yours {b}. Which score is the higher one?",),
    ("min", "n"): ("I hand you {a} and {b}; hand me back their minimum.",),
    ("desc", "n"): ("Write {a} and {b} in decreasing order.",),
}

# The question that everybody asks, in twenty wordings; the famous probe asks them with 9.11 and 9.9 in both orders.
FAMOUS: Wordings = {
    ("larger", "n"): (
        "Which is larger, {a} or {b}?",
        "What is larger, {a} or {b}?",
        "Is {a} or {b} the larger number?",
        "Tell me the larger of {a} and {b}.",
        "Which one of these is larger: {a} or {b}?",
        "{a} and {b} - which is the larger of the two?",
        "Please tell me which number is larger: {a} or {b}",
    ),
    ("bigger", "n"): (
        "Which number is bigger: {a} or {b}?",
        "Between {a} and {b}, which is the bigger number?",
        "Who is bigger, {a} or {b}?",
        "{a} or {b}? Which is bigger?",
        "Which is the bigger one of {a} and {b}?",
    ),
    ("greater", "n"): (
        "{a} or {b}, which one is greater?",
        "Of the numbers {a} and {b}, which is the greater?",
        "Which number is greater, {a} or {b}?",
        "Which of the two is greater in value: {a} or {b}?",
    ),
    ("higher", "n"): (
        "Which of these two decimals has the higher value: {a}, {b}?",
        "Is {a} higher than {b}, or is {b} higher than {a}?",
    ),
    ("only", "n"): ("Which one is bigger, {a} or {b}? Answer with the number only.",),
    ("max", "n"): ("What is the maximum of {a} and {b}?",),
}

SEALED: Wordings = {
    **FAMOUS,
    ("smaller", "n"): (
        "Which is smaller, {a} or {b}?",
        "Tell me the smaller of {a} and {b}.",
        "Between {a} and {b}, which number is the smallest?",
    ),
    ("min", "n"): ("What is the minimum of {a} and {b}?",),
    ("asc", "n"): ("Put the numbers {a} and {b} in order from the smallest to the largest.",),
    ("desc", "n"): ("Rank {a} and {b} from the largest down to the smallest.",),
    ("higher", "p"): (
        "Two sensors show {a} ppm and {b} ppm. Which of them shows the higher reading?",
        "Flow was {a} l/min this morning and {b} l/min at noon. When was the flow higher? Give the value.",
    ),
    ("heavier", "p"): ("Which is heavier, a bag of {a} kg or a bag of {b} kg?",),
    ("cheaper", "p"): ("Which price is lower, ${a} or ${b}?",),
    ("more expensive", "p"): ("Coffee is {a} euros here and {b} euros there. What does the more expensive one cost?",),
    ("longer", "p"): ("Rope A measures {a} m and rope B {b} m. What is the length of the longer rope?",),
    ("warmer", "t"): ("Which is warmer, {a} °C or {b} °C?",),
    ("colder", "t"): (
        "Two thermometers show {a} °C and {b} °C. Which of them is in the colder place? Give its reading.",
    ),
    ("newer", "v"): (
        "Which version is newer, {a} or {b}?",
        "Two builds are installed: version {a} and version {b}. What is the most recent version?",
    ),
    ("older", "v"): ("Between version {a} and version {b}, which is the older version?",),
    ("later", "d"): ("Is {a} or {b} the later date?",),
    ("earlier", "d"): ("Of {a} and {b}, which date is the earlier one?",),
}

WORDINGS: Mapping[str, Wordings] = {"train": TRAIN, "dev": DEV, "sealed": SEALED}
