"""French wordings about prices, lengths and speeds for training alone; {S} is feminine."""

from collections.abc import Mapping

from edgegen.tasks.number_grammar import Kind, Scene, Turning

_GOODS = (
    ("le magasin A", "le magasin B"),
    ("le stylo rouge", "le stylo bleu"),
    ("le marché", "le supermarché"),
    ("la semaine dernière", "cette semaine"),
    ("le petit paquet", "le grand"),
    ("l'occasion", "le neuf"),
    ("le train", "le bus"),
    ("le tarif de jour", "celui de nuit"),
    ("la marque X", "la marque Y"),
    ("le café", "le thé"),
    ("le câble", "l'adaptateur"),
    ("la première offre", "la seconde"),
    ("le pain", "le lait"),
)
_MONEY = ("# euros", "# €", "# EUR", "$#", "# dollars", "# francs", "# le litre", "# euros le kilo")
_LONG = (
    ("le premier câble", "le second"),
    ("la corde rouge", "la verte"),
    ("le saut d'Anne", "celui de Luc"),
    ("la planche A", "la planche B"),
    ("le chemin du fleuve", "celui du bourg"),
    ("le tube", "la tige"),
    ("le mur nord", "le mur ouest"),
    ("la table", "l'étagère"),
    ("le vieux tuyau", "le neuf"),
    ("l'itinéraire 1", "l'itinéraire 2"),
)
_LENGTH = ("# m", "# cm", "# km", "# mètres", "# mm", "# kilomètres", "#m", "# pouces")
_FAST = (
    ("une voiture", "l'autre"),
    ("le bus", "le tram"),
    ("le vent du matin", "celui du soir"),
    ("le tapis A", "le tapis B"),
    ("le premier coureur", "le second"),
    ("le drone 1", "le drone 2"),
    ("le train", "le camion"),
    ("le vélo d'Eva", "celui de Jean"),
    ("le navire", "la barque"),
)
_SPEED = ("# km/h", "# m/s", "# nœuds", "# kilomètres à l'heure", "#km/h", "# Mbit/s")
# Of two things with a quantity; what a scene adds says the verb.
_AT = (
    "{X} : {A}[, | ; |. ]{Y} : {B}. {Q}",
    "{X} {A}[,| et| ;] {Y} {B}. {Q}",
    "{A} ou {B} : {Q}",
    "{Q} {X} {A}, {Y} {B}.",
    "[de|entre] {A} et {B} : {Q}",
    "{A} et {B}. {Q}",
    "{Q} {A} ou {B}",
    "entre {X} ({A}) et {Y} ({B}) : {Q}",
    "si {X} a {A} et {Y} {B} : {Q}",
    "données : {X} = {A} ; {Y} = {B}. {Q}",
    "{A} [contre|vs|face à] {B}. {Q}",
    "il y a deux [choix|possibilités], {A} et {B}. {Q}",
    "{Q} L'un, {A} ; l'autre, {B}.",
    "[lequel|qu'est-ce qui] est [le |]{W}[ :|,] {A} ou {B} ?",
    "{A}, est-ce {W} que {B} ?",
    "[de|entre] {A} et {B}, [lequel est le {W} ?|donne le {W}.|le {W} est|combien fait le {W} ?]",
    "[dis|choisis|note] le {W} : {A} ou {B}.",
    "{X} ({A}) ou {Y} ({B}), lequel est le {W} ?",
    "de ces deux-là, lequel est [le |]{W} ?{AB}",
    "de ces deux mesures, laquelle est la {S} ?{AB}",
)
_ASKS = (
    "Lequel est le {W} ?",
    "Lequel est {W} ?",
    "Qu'est-ce qui est {W} ?",
    "Lequel des deux est {W} ?",
    "Dis lequel est {W}.",
    "Nomme le {W}.",
    "Le {W} ?",
    "[Note|Écris|Choisis] le {W}.",
    "Le {W} est",
    "Laquelle des deux est la {S} ?",
    "Je veux le {W}.",
)
_PAID = (
    "{X} [coûte|vaut|est à|revient à] {A}[,| et| ;] {Y} [à |]{B}. {Q}",
    "[payer|dépenser] {A} ou {B} : {Q}",
    "[je peux|on peut] payer {A} ou {B}. {Q}",
    "le prix est passé de {A} à {B}. {Q}",
    "[offres|prix] : {A} ; {B}. {Q}",
    "l'addition était de {A} à un endroit et de {B} à l'autre. {Q}",
)
_PAID_ASKS = ("Où est-ce {W} ?", "Où paie-t-on {W} ?", "Quel prix est le {W} ?", "Quel achat est {W} ?")
_MEASURED = (
    "{X} mesure {A}[,| et| ;| mais] {Y} [mesure |]{B}. {Q}",
    "{X} a {A} de long[,| et| ;] {Y} {B}. {Q}",
    "[longueurs|distances] : {A} ; {B}. {Q}",
    "un [tube|câble|bâton] de {A} ou un de {B} : {Q}",
)
_MEASURED_ASKS = ("Quelle mesure est la {S} ?", "Quelle distance est {S} ?", "Combien mesure le {W} ?")
_DRIVEN = (
    "{X} [va à|roule à|court à|avance à] {A}[,| et| ;] {Y} à {B}. {Q}",
    "vitesse de l'un : {A}[,| ;] vitesse de l'autre : {B}. {Q}",
    "vitesses : {A} ; {B}. {Q}",
    "le radar indique {A} puis {B}. {Q}",
)
_DRIVEN_ASKS = ("Qui va le plus vite ?", "Quelle vitesse est la plus grande ?", "Lequel va plus vite ?")

# What is asked for in other words than "higher".
MUCH = (
    "l'humidité : {X} {a} %, {Y} {b} %. [Où est-ce plus humide ?|Quel endroit est le plus humide ?]",
    "la terre [du champ|du pot] A a {a} pour cent, la B {b} pour cent. Quelle terre est plus humide ?",
    "le bruit : {X} {a} dB, {Y} {b} dB. [Où y a-t-il plus de bruit ?|Quel endroit est le plus bruyant ?]",
    "la lumière : {X} {a} lux, {Y} {b} lux. [Où fait-il plus clair ?|Quel endroit est le plus clair ?]",
    "un puits a {a} m et un autre {b} m. Quel puits est le plus profond ?",
    "Anne a {a} ans et Luc {b} ans. Qui est le plus vieux ?",
    "la batterie A est à {a} %, la B à {b} %. Quelle batterie est la plus pleine ?",
    "l'un consomme {a} kWh, l'autre {b} kWh. [Lequel consomme le plus ?|Qui consomme plus ?]",
    "[une cuve|un seau] contient {a} litres, l'autre {b} litres. Où y a-t-il plus d'eau ?",
    "[hier|en mai] il est tombé {a} mm et [aujourd'hui|en juin] {b} mm. Quand a-t-il plu davantage ?",
    "une tour mesure {a} m et une autre {b} m. Quelle tour est la plus haute ?",
    "une planche fait {a} mm et une autre {b} mm. Quelle planche est la plus épaisse ?",
    "la porte A fait {a} m et la B {b} m. Quelle porte est la plus large ?",
    "les bleus ont {a} points et les verts {b}. [Qui gagne ?|Qui a le plus de points ?]",
    "{X} indique {a} bar, {Y} {b} bar. [Où y a-t-il le plus de pression ?|Lequel a plus de pression ?]",
)
# By the opposite kind: whose lines it turns round, with these words replaced in this order.
OPPOSITES: Mapping[Kind, Turning] = {
    ("lower", "p"): (
        ("higher", "p"),
        (
            ("[élevée|haute]", "[basse|faible]"),
            ("[haute|élevée]", "[basse|faible]"),
            ("[haut|élevé]", "[bas|faible]"),
            ("élevée", "basse"),
            ("haute", "basse"),
            ("élevé", "bas"),
            ("haut", "bas"),
            ("au-dessus de", "au-dessous de"),
            ("la plus grande valeur", "la plus petite valeur"),
            ("plus cher", "moins cher"),
            ("la plus forte", "la plus faible"),
            ("indique le plus", "indique le moins"),
            ("supérieure", "inférieure"),
            ("humide ?", "sec ?"),
            ("terre est plus sec", "terre est plus sèche"),
            ("plus de bruit", "moins de bruit"),
            ("plus bruyant", "plus calme"),
            ("plus clair", "plus sombre"),
            ("plus profond", "moins profond"),
            ("plus vieux", "plus jeune"),
            ("plus pleine", "plus vide"),
            ("consomme le plus", "consomme le moins"),
            ("consomme plus", "consomme moins"),
            ("plus d'eau", "moins d'eau"),
            ("plu davantage", "plu le moins"),
            ("plus épaisse", "plus mince"),
            ("plus large", "plus étroite"),
            ("gagne", "perd"),
            ("plus de points", "moins de points"),
            ("plus de pression", "moins de pression"),
        ),
    ),
    ("lighter", "p"): (
        ("heavier", "p"),
        (
            ("[lourd|grand|élevé]", "[léger|petit|faible]"),
            ("[grande|lourde|élevée]", "[petite|légère|faible]"),
            ("lourde", "légère"),
            ("lourd", "léger"),
            ("pèse [le plus|davantage|plus]", "pèse [le moins|moins]"),
            ("pèse le plus ?", "pèse le moins ?"),
            ("pèse plus", "pèse moins"),
            ("plus élevé", "plus faible"),
            ("grande masse", "petite masse"),
        ),
    ),
    ("warmer", "t"): (
        ("colder", "t"),
        (
            ("[froide|basse]", "[chaude|haute]"),
            ("[basse|froide]", "[haute|chaude]"),
            ("froide", "chaude"),
            ("froid", "chaud"),
            ("plus basse", "plus haute"),
        ),
    ),
    ("older", "v"): (
        ("newer", "v"),
        (
            ("[récente|nouvelle]", "[ancienne|vieille]"),
            ("[récente|actuelle]", "[ancienne|dépassée]"),
            ("récente", "ancienne"),
            ("sortie [après|plus tard|en dernier]", "sortie [avant|plus tôt|en premier]"),
            ("dernière version", "première version"),
            ("numéro le plus élevé", "numéro le plus bas"),
            ("installer pour être à jour", "remplacer"),
            ("sortie en dernier", "sortie en premier"),
            ("plus actuelle", "plus dépassée"),
            ("après l'autre", "avant l'autre"),
            ("Donne la neuve", "Donne l'ancienne"),
        ),
    ),
    ("earlier", "d"): (
        ("later", "d"),
        (
            ("[tardive|récente]", "[ancienne|précoce]"),
            ("plus tardive", "plus [ancienne|précoce]"),
            ("postérieure", "antérieure"),
            ("postérieur", "antérieur"),
            ("vient [après|plus tard|en dernier]", "vient [avant|plus tôt|en premier]"),
            ("vient en dernier", "vient en premier"),
            ("après l'autre", "avant l'autre"),
            ("vient après", "vient avant"),
            ("arrive après", "arrive avant"),
            ("vient plus tard", "vient plus tôt"),
            ("plus loin dans le calendrier", "plus tôt dans le calendrier"),
            ("vient-il après", "vient-il avant"),
        ),
    ),
}

SCENES = {
    ("more expensive", "p"): Scene(
        (*_AT, *_PAID),
        (("plus cher", "plus chère"), ("plus cher", "plus chère"), ("plus coûteux", "plus coûteuse")),
        _MONEY,
        _GOODS,
        (*_ASKS, *_PAID_ASKS, "Lequel coûte le plus ?", "Quel prix est le plus élevé ?", "Où paie-t-on plus ?"),
    ),
    ("cheaper", "p"): Scene(
        (*_AT, *_PAID),
        (("moins cher", "moins chère"), ("moins cher", "moins chère"), ("plus économique", "plus économique")),
        _MONEY,
        _GOODS,
        (*_ASKS, *_PAID_ASKS, "Lequel coûte le moins ?", "Quel prix est le plus bas ?", "Où paie-t-on moins ?"),
    ),
    ("longer", "p"): Scene(
        (*_AT, *_MEASURED),
        (("plus long", "plus longue"),),
        _LENGTH,
        _LONG,
        (*_ASKS, *_MEASURED_ASKS, "Lequel mesure le plus ?", "Lequel est le plus loin ?"),
    ),
    ("shorter", "p"): Scene(
        (*_AT, *_MEASURED),
        (("plus court", "plus courte"),),
        _LENGTH,
        _LONG,
        (*_ASKS, *_MEASURED_ASKS, "Lequel mesure le moins ?", "Lequel est le plus près ?"),
    ),
    ("faster", "p"): Scene(
        (*_AT, *_DRIVEN),
        (("plus rapide", "plus rapide"),),
        _SPEED,
        _FAST,
        (*_ASKS, *_DRIVEN_ASKS),
    ),
}
