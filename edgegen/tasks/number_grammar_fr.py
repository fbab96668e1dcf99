"""French number comparison as a grammar (``number_grammar``), for training alone."""

from edgegen.tasks.number_grammar import Grammar, Scene

_PLACES = (
    ("le capteur 1", "le capteur 2"),
    ("le premier capteur", "le second"),
    ("l'entrée", "la sortie"),
    ("la pompe A", "la pompe B"),
    ("le compteur de gauche", "celui de droite"),
    ("la cave", "le grenier"),
    ("hier", "aujourd'hui"),
    ("la ligne 3", "la ligne 4"),
    ("le matin", "le soir"),
    ("la cuisine", "le salon"),
    ("avant la réparation", "après"),
    ("le nord du site", "le sud"),
    ("l'appareil neuf", "l'ancien"),
)
_LOADS = (
    ("le colis rouge", "le colis bleu"),
    ("la caisse A", "la caisse B"),
    ("le premier sac", "le second"),
    ("ma valise", "la tienne"),
    ("le chat", "le chien"),
    ("la pierre", "la brique"),
    ("la palette 7", "la palette 8"),
    ("l'échantillon 1", "l'échantillon 2"),
    ("le vélo", "la remorque"),
    ("la livraison de lundi", "celle de mardi"),
    ("la citrouille", "le melon"),
    ("la plaque d'acier", "la plaque de cuivre"),
    ("le sac de Luc", "celui d'Anne"),
)
_COLD = (
    ("la cuisine", "le couloir"),
    ("le congélateur A", "le congélateur B"),
    ("dehors", "dedans"),
    ("hier", "aujourd'hui"),
    ("la cave", "le toit"),
    ("le lac", "l'air"),
    ("la nuit dernière", "cette nuit"),
    ("Lille", "Nice"),
    ("le camion", "l'entrepôt"),
    ("la serre", "le jardin"),
    ("la vallée", "le sommet"),
    ("le réservoir 1", "le réservoir 2"),
    ("le capteur 1", "le capteur 2"),
    ("le frigo", "la glacière"),
)
_MACHINES = (
    ("l'appareil 1", "l'appareil 2"),
    ("la passerelle", "la clé USB"),
    ("mon portable", "le serveur"),
    ("le nœud A", "le nœud B"),
    ("le banc d'essai", "l'usine"),
    ("le téléphone", "la tablette"),
    ("Anna", "Paul"),
    ("le paquet", "le système"),
    ("la caméra 2", "la caméra 3"),
    ("l'ancien routeur", "le nouveau"),
)
_PAPERS = (
    ("le certificat", "le contrat"),
    ("le premier rapport", "le second"),
    ("la livraison", "la facture"),
    ("la sauvegarde", "le journal"),
    ("la commande", "la réponse"),
    ("le fichier A", "le fichier B"),
    ("la visite", "la réunion"),
    ("la licence 1", "la licence 2"),
)


def _pairs(great: str, noun: str) -> tuple[str, ...]:
    """Cores for two numbers, of which the ``great`` ("plus grand") is asked for."""
    feminine = great + "e"
    return (
        f"[lequel|lequel des deux] est le {great}[ :|,] {{a}} ou {{b}} ?",
        f"{{a}} ou {{b}}[ :|,] lequel est le {great} ?",
        f"{{a}}[, | et | / | ou | contre ]{{b}}[.| :] [Lequel|Lequel des deux] est [le |]{great} ?",
        f"[quel|quel est le] nombre [est [le |]{great}|{great}|le {great}][ :|,] {{a}} ou {{b}} ?",
        f"quelle [valeur|mesure|quantité] est [la |]{feminine}[ :|,] {{a}} ou {{b}} ?",
        (
            f"[donne|donne-moi|dis|dis-moi|nomme|écris|indique|choisis|prends|trouve|affiche] le {great} [nombre |]"
            "[de|parmi|entre] {a} et {b}."
        ),
        f"[donne|indique|choisis|trouve|garde] la {feminine} [valeur|des deux valeurs] [:|parmi] {{a}} et {{b}}.",
        (
            f"[compare|regarde|prends] [les nombres |les valeurs |les décimaux |]{{a}} et {{b}}[.| :] "
            f"[Lequel est le {great} ?|Quel nombre est {great} ?|Dis lequel est le {great}.|Nomme le {great}.]"
        ),
        f"[entre|de|parmi] {{a}} et {{b}}, [lequel|quel nombre|qui] est le {great} ?",
        f"{{a}} est-il {great} que {{b}} ?",
        f"est-il [vrai|exact|juste|correct] que {{a}} est {great} que {{b}} ?",
        (
            f"[je crois|je pense|on dit|un ami dit|le professeur affirme] que {{a}} est {great} que "
            f"{{b}}. [Est-ce vrai ?|"
            f"C'est juste ?|Vrai ou faux ?|Qu'en penses-tu ?|Lequel est le {great} ?]"
        ),
        (
            f"x = {{a}}[,| et| ;] y = {{b}}. [Laquelle des variables est la {feminine} ?|Quelle valeur "
            f"est la {feminine} ?]"
        ),
        (
            f"[deux|voici deux] [nombres|valeurs|résultats|décimaux] : {{a}} et {{b}}. [Lequel est le "
            f"{great} ?|Donne le "
            f"{great}.|Quel est le {great} ?|Nomme le {great}.]"
        ),
        (
            f"[Anne|Luc|l'équipe A|la colonne 1] a {{a}}, [Jean|Léa|l'équipe B|la colonne 2] {{b}}. "
            f"Quel nombre est [le |]"
            f"{great} ?"
        ),
        f"le {great} [nombre |]de {{a}} et {{b}}[, s'il te plaît.| ?|.| est]",
        f"le {great} : {{a}} ou {{b}}",
        f"{great} : {{a}}, {{b}} ?",
        f"{{a}} ; {{b}} -> {great}",
        f"[sur|dans] [une liste|un tableau] il y a {{a}} et {{b}}. Quel est le {great} ?",
        f"si j'ai {{a}} et toi {{b}}, qui a le {great} nombre ?",
        f"de ces deux nombres, {{a}} et {{b}}, lequel est [le |]{great} ?",
        f"{{a}} {noun} {{b}} ? Donne le {great} des deux.",
    )


_VALUE = ("la mesure", "la valeur", "le niveau", "le chiffre", "le relevé")
_HIGH_ASKS = (
    "Quelle valeur est [la |]plus élevée ?",
    "Quelle mesure est [la |]plus élevée ?",
    "Laquelle est la plus élevée ?",
    "Quelle est la valeur la plus [élevée|haute] ?",
    "Donne la valeur la plus élevée.",
    "Quel niveau est le plus élevé ?",
    "Lequel est le plus élevé ?",
    "Quel relevé est le plus [haut|élevé] ?",
    "Où est-ce le plus élevé ?",
    "Indique la plus [haute|élevée] des deux valeurs.",
    "Qui indique le plus ?",
    "Quel chiffre est le plus haut ?",
)
_HEAVY_ASKS = (
    "Lequel est le plus lourd ?",
    "Laquelle est la plus lourde ?",
    "Qui est le plus lourd ?",
    "Qu'est-ce qui est plus lourd ?",
    "Quel est le plus lourd [des deux|] ?",
    "Combien pèse le plus lourd ?",
    "Lequel pèse [le plus|davantage|plus] ?",
    "Quel poids est le plus [lourd|grand|élevé] ?",
    "Donne le poids du plus lourd.",
    "Quelle charge est la plus lourde ?",
    "Nomme le plus lourd des deux.",
    "Quelle est la masse la plus [grande|lourde|élevée] ?",
    "Indique lequel pèse plus.",
    "Le plus lourd ?",
    "Quel objet pèse plus que l'autre ?",
    "Quel est le poids le plus élevé ?",
)
_COLD_ASKS = (
    "Lequel est le plus froid ?",
    "Quel endroit est le plus froid ?",
    "Où fait-il [le plus|plus] froid ?",
    "Quelle température est la plus [froide|basse] ?",
    "Laquelle est la plus froide ?",
    "Quel est le plus froid des deux ?",
    "Quelle est la température la plus [froide|basse] ?",
    "Donne la température la plus [froide|basse].",
    "Quand faisait-il plus froid ?",
    "Qu'est-ce qui est plus froid ?",
    "Nomme le plus froid des deux.",
    "Le plus froid ?",
    "Où la température est-elle la plus basse ?",
    "Lequel a la température la plus froide ?",
    "Où gèle-t-on le plus ?",
)
_NEW_ASKS = (
    "Quelle version est [la |]plus [récente|nouvelle] ?",
    "Laquelle est la plus récente ?",
    "Quelle est la plus récente ?",
    "Nomme la version la plus récente.",
    "Quelle version est sortie [après|plus tard|en dernier] ?",
    "La plus récente ?",
    "Quelle est la dernière version ?",
    "Quelle version a le numéro le plus élevé ?",
    "Donne la plus récente des deux.",
    "Quelle version faut-il installer pour être à jour ?",
    "Dis quelle version est plus récente.",
    "Qui a la version la plus récente ?",
)
_LATE_ASKS = (
    "Quelle date est [la |]plus tardive ?",
    "Laquelle est la plus tardive ?",
    "Lequel est postérieur ?",
    "Quelle date vient [après|plus tard|en dernier] ?",
    "Donne la date la plus tardive.",
    "Laquelle vient en dernier ?",
    "Quelle est la date la plus [tardive|récente] ?",
    "Nomme la plus tardive.",
    "Laquelle vient après l'autre ?",
)

GRAMMAR = Grammar(
    scenes={
        ("larger", "n"): Scene(
            (
                *_pairs("plus grand", "dépasse-t-il"),
                "qu'est-ce qui est plus grand, {a} ou {b} ?",
                "{a} > {b} ? Dis lequel est le plus grand.",
                "[lequel|qui] [vaut le plus|a la plus grande valeur|est supérieur à l'autre][ :|,] {a} ou {b} ?",
                "{a} est-il supérieur à {b} ?",
                "[donne|dis|choisis] le nombre supérieur [:|entre] {a} et {b}.",
                "lequel est le plus à droite sur la droite graduée, {a} ou {b} ?",
                "lequel est [le |]supérieur[ :|,] {a} ou {b} ?",
                "de {a} et {b}, lequel l'emporte [en valeur|par la taille] ?",
                "lequel est le plus gros nombre, {a} ou {b} ?",
                "le nombre le plus grand entre {a} et {b}, c'est lequel ?",
                "quel est le plus grand des nombres {a} et {b} ?",
                "quel nombre est supérieur : {a} ou {b} ?",
            )
        ),
        ("smaller", "n"): Scene(
            (
                *_pairs("plus petit", "est-il en dessous de"),
                "qu'est-ce qui est plus petit, {a} ou {b} ?",
                "{a} < {b} ? Dis lequel est le plus petit.",
                "[lequel|qui] [vaut le moins|a la plus petite valeur|est inférieur à l'autre][ :|,] {a} ou {b} ?",
                "{a} est-il inférieur à {b} ?",
                "[donne|dis|choisis] le nombre inférieur [:|entre] {a} et {b}.",
                "lequel est le plus à gauche sur la droite graduée, {a} ou {b} ?",
                "lequel est [le |]inférieur[ :|,] {a} ou {b} ?",
                "lequel est moins que l'autre, {a} ou {b} ?",
                "le nombre le plus petit entre {a} et {b}, c'est lequel ?",
                "quel est le plus petit des nombres {a} et {b} ?",
                "quel nombre est inférieur : {a} ou {b} ?",
            )
        ),
        ("max", "n"): Scene(
            (
                "[quel est|donne|calcule|détermine|indique|dis-moi] le [maximum|max] [de|entre] {a} et {b}[ ?|.]",
                "maximum [de|:] {a} ; {b}",
                "max({a} ; {b}) = ?",
                "le maximum de {a} et {b} est",
                "{a} et {b} : maximum ?",
                (
                    "[les mesures|les valeurs|les données] sont {a} et {b}. [Quel est le maximum ?|Donne "
                    "le maximum.|Son pic ?]"
                ),
                (
                    "[quelle est|donne|cherche] la valeur [maximale|la plus haute|la plus grande] "
                    "[de|parmi] {a} et {b}[ ?|.]"
                ),
                "une [série|liste] contient {a} et {b}. Quelle est sa [plus grande valeur|valeur maximale] ?",
                "quel est le plus haut des deux relevés, {a} ou {b} ?",
            )
        ),
        ("min", "n"): Scene(
            (
                "[quel est|donne|calcule|détermine|indique|dis-moi] le [minimum|min] [de|entre] {a} et {b}[ ?|.]",
                "minimum [de|:] {a} ; {b}",
                "min({a} ; {b}) = ?",
                "le minimum de {a} et {b} est",
                "{a} et {b} : minimum ?",
                "[les mesures|les valeurs|les données] sont {a} et {b}. [Quel est le minimum ?|Donne le minimum.]",
                (
                    "[quelle est|donne|cherche] la valeur [minimale|la plus basse|la plus petite] "
                    "[de|parmi] {a} et {b}[ ?|.]"
                ),
                "une [série|liste] contient {a} et {b}. Quelle est sa [plus petite valeur|valeur minimale] ?",
                "quel est le plus bas des deux relevés, {a} ou {b} ?",
            )
        ),
        ("asc", "n"): Scene(
            (
                (
                    "[trie|range|classe|ordonne|écris|mets] {a} et {b} [dans l'ordre croissant|du "
                    "plus petit au plus grand|par "
                    "ordre de grandeur croissante|en partant du plus petit]."
                ),
                "[ordre croissant|du plus petit au plus grand|le plus petit d'abord] : {a}, {b}",
                "[quel est|donne] l'ordre croissant de {a} et {b}[ ?|.]",
                "{a} et {b}, le plus petit en premier.",
                "classe ces valeurs en montant : {a} ; {b}",
            )
        ),
        ("desc", "n"): Scene(
            (
                (
                    "[trie|range|classe|ordonne|écris|mets] {a} et {b} [dans l'ordre décroissant|du "
                    "plus grand au plus petit|par "
                    "ordre de grandeur décroissante|en partant du plus grand]."
                ),
                "[ordre décroissant|du plus grand au plus petit|le plus grand d'abord] : {a}, {b}",
                "[quel est|donne] l'ordre décroissant de {a} et {b}[ ?|.]",
                "{a} et {b}, le plus grand en premier.",
                "classe ces valeurs en descendant : {a} ; {b}",
            )
        ),
        ("higher", "p"): Scene(
            (
                "{X} [indique|affiche|montre|mesure|donne] {A}[,| et| ;] {Y} {B}. {Q}",
                "{X} : {A}[, | ; |. ]{Y} : {B}. {Q}",
                "{A} ou {B} : {Q}",
                "[compare|voici] {A} et {B}. {Q}",
                "[entre|de] {A} et {B}, {Q}",
                "{Q} {X} {A}, {Y} {B}.",
                "[on lit|on a mesuré|le journal note] {A} [d'abord|le matin] et {B} [ensuite|le soir]. {Q}",
                "{A} est-il plus élevé que {B} ?",
                "il y a {A} [pour|à] {X} et {B} [pour|à] {Y}. {Q}",
            ),
            units=(
                "# bar",
                "# %",
                "# volts",
                "# V",
                "# kWh",
                "# hPa",
                "# ppm",
                "# dB",
                "# lux",
                "# W",
                "# euros",
                "# pour cent",
            ),
            things=_PLACES,
            asks=_HIGH_ASKS,
        ),
        ("heavier", "p"): Scene(
            (
                "{X} pèse {A}[,| et| ;| mais| tandis que] {Y} [pèse |]{B}. {Q}",
                "{X} : {A}[, | ; |. ]{Y} : {B}. {Q}",
                "[l'un|le premier] pèse {A}[,| et] [l'autre|le second] {B}. {Q}",
                "{A} ou {B} : {Q}",
                "[lequel|qui] est le plus lourd[ :|,] {A} ou {B} ?",
                "qu'est-ce qui est plus lourd, {A} ou {B} ?",
                "[compare|voici] [deux poids : |]{A} et {B}. {Q}",
                "[sur|d'après] la balance, {X} fait {A} et {Y} {B}. {Q}",
                "{Q} {X} pèse {A}, {Y} {B}.",
                "{A} est-il plus lourd que {B} ?",
                "[entre|de] {A} et {B}, {Q}",
                "une charge de {A} et une [charge |]de {B}. {Q}",
                "j'ai porté {A}, puis {B}. {Q}",
                "{X} [a une masse de|fait] {A}, {Y} [de |]{B}. {Q}",
            ),
            units=("# kg", "# kg", "# g", "# t", "# kilos", "# grammes", "# tonnes", "#kg"),
            things=_LOADS,
            asks=_HEAVY_ASKS,
        ),
        ("colder", "t"): Scene(
            (
                "{X} est à {A}[,| et| ;| mais] {Y} [est |]à {B}. {Q}",
                "{X} : {A}[, | ; |. ]{Y} : {B}. {Q}",
                "[il fait|il y a|on a mesuré] {A} ([|côté ]{X}) et {B} ([|côté ]{Y}). {Q}",
                "{A} ou {B} : {Q}",
                "[lequel|qu'est-ce qui] est plus froid[ :|,] {A} ou {B} ?",
                "{A} est-il plus froid que {B} ?",
                "[compare|voici] [deux températures : |]{A} et {B}. {Q}",
                "{Q} {X} : {A} ; {Y} : {B}.",
                "le thermomètre est passé de {A} à {B}. {Q}",
                "[entre|de] {A} et {B}, {Q}",
                "{X} affiche {A}, {Y} [affiche |]{B}. {Q}",
                "il fait {A} ici et {B} là-bas. {Q}",
                "la température est de {A} [hier|ici|le matin] et de {B} [aujourd'hui|ailleurs|le soir]. {Q}",
            ),
            units=("# °C", "# °C", "# degrés", "#°C", "# degrés Celsius", "#°"),
            things=_COLD,
            asks=_COLD_ASKS,
        ),
        ("newer", "v"): Scene(
            (
                "version {a} ou version {b} : {Q}",
                "{X} a la version {a}[,| et| ;] {Y} la version {b}. {Q}",
                "[entre|de] la version {a} et la version {b}, {Q}",
                "versions {a} et {b}. {Q}",
                "la version {a} est-elle plus récente que la version {b} ?",
                "{X} : version {a}[, | ; |. ]{Y} : version {b}. {Q}",
                "{Q} {X} utilise la version {a}, {Y} la version {b}.",
                "[compare|regarde|voici] les versions {a} et {b}. {Q}",
                "[on propose|il existe|je vois] la version {a} et la version {b}. {Q}",
                "quelle version [du logiciel|du micrologiciel|de l'application] est la plus récente : {a} ou {b} ?",
                "version installée : {a}. Version disponible : {b}. {Q}",
                "la version la plus récente de {a} et {b} ?",
            ),
            things=_MACHINES,
            asks=_NEW_ASKS,
        ),
        ("later", "d"): Scene(
            (
                "{a} ou {b} : {Q}",
                "{X} [date du|porte la date] {a}[,| et| ;] {Y} [du|le] {b}. {Q}",
                "{X} : {a} ; {Y} : {b}. {Q}",
                "[entre|de|parmi] [les dates |]{a} et {b}, {Q}",
                "[compare|voici] les dates {a} et {b}. {Q}",
                "{a} vient-il après {b} ? {Q}",
                "{Q} {X} : {a}, {Y} : {b}.",
                "dates : {a}, {b}. {Q}",
                "la date la plus tardive de {a} et {b} ?",
                "deux lettres sont datées du {a} et du {b}. {Q}",
            ),
            things=_PAPERS,
            asks=_LATE_ASKS,
        ),
    },
    weights={"n": 42, "p": 22, "t": 14, "v": 12, "d": 10},
    openings=(
        "Petite question :",
        "Question :",
        "Bonjour,",
        "Salut,",
        "Bonjour !",
        "Dis-moi,",
        "Aide-moi :",
        "Alors,",
        "Une question :",
        "S'il te plaît,",
        "Je ne suis pas sûr :",
        "Pour mon devoir :",
        "Exercice :",
        "Encore une :",
        "Excuse-moi,",
        "Un test :",
        "Pour le rapport :",
        "Je confonds toujours.",
        "Réfléchis bien :",
        "Bon,",
        "Voyons,",
    ),
    closings=(
        "Merci !",
        "Merci.",
        "Explique.",
        "S'il te plaît.",
        "Sois précis.",
        "Réponds en français.",
        "C'est pour un rapport.",
        "Réfléchis.",
        "Ne devine pas.",
        "Une réponse courte suffit.",
        "C'est important.",
        "Réponse :",
        "Je ne sais plus.",
        "Justifie ta réponse.",
    ),
)
