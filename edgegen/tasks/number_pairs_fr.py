"""French wordings about two plain numbers for training alone: the larger, the smaller, an extreme, an order."""

from edgegen.tasks.number_grammar import Scene, with_slot

# One of two numbers: {W} and {S} are what is asked for.
_PAIRS = (
    "le {W} de : {a} ; {b}",
    "un seul des deux, le {W} : {a} ; {b}",
    "sans trier : [dis|donne] seulement le {W} de {a} et {b}.",
    "[lequel|lequel des deux|lequel de ces nombres] est le {W}[ :|,] {a} ou {b} ?",
    "{a} ou {b}[ :|,] lequel est le {W} ?",
    "{a}[, | et | / | ou | contre | vs ]{b}[.| :] [Lequel|Lequel des deux] est [le |]{W} ?",
    "[quel nombre est [le |]{W}|quel est le nombre [le |]{W}|quel est le {W} nombre][ :|,] {a} ou {b} ?",
    "quelle [valeur|mesure|quantité] est [la |]{W}e[ :|,] {a} ou {b} ?",
    (
        "[donne|donne-moi|dis|dis-moi|nomme|écris|indique|choisis|prends|trouve|affiche] le {W} [nombre |]des deux[ "
        ":|,] {a} [et|ou] {b}."
    ),
    "[donne|donne-moi|dis|indique|choisis|prends|trouve|renvoie] le {W} [de|parmi|entre] {a} et {b}.",
    "[donnez|indiquez|choisissez|écrivez|trouvez|notez] le {W} [de|parmi|entre] {a} et {b}[.|, s'il vous plaît.]",
    "[donne|indique|choisis|trouve|garde] la {W}e [valeur|des deux valeurs] [:|parmi] {a} et {b}.",
    (
        "[compare|regarde|prends|considère] [les nombres |les valeurs |les décimaux |]{a} et {b}[.| :] [Lequel est "
        "le {W} ?|Quel nombre est {W} ?|Dis lequel est le {W}.|Nomme le {W}.]"
    ),
    "[entre|de|parmi] {a} et {b}, [lequel|quel nombre] est le {W} ?",
    "[entre|de|parmi] {a} et {b}, [donne|dis|prends|choisis|garde|je veux|il me faut] le {W}[.|, s'il te plaît.]",
    "[de|parmi|entre] {a} et {b}, le {W}[ est|, c'est lequel ?| ?]",
    (
        "[des|parmi les|entre les] [deux nombres|nombres|décimaux|valeurs] {a} et {b}, [lequel est le {W} ?|quel est "
        "le {W} ?|donne le {W}.|le {W} est]"
    ),
    "[du couple|de la paire|de la liste] ({a} ; {b}), [prends|donne|garde|je veux] [seulement |]le {W}.",
    "{a} est-il {W} que {b} ?",
    "est-ce que {a} est [vraiment |bien |]{W} que {b} ?",
    "est-il [vrai|exact|juste|correct] que {a} est {W} que {b} ?",
    "{a} est {W} que {b}[, non ?|, n'est-ce pas ?|, c'est ça ?|, oui ou non ?|, pas vrai ?]",
    "vrai ou faux : {a} est {W} que {b}[.| ?]",
    (
        "[je crois|je pense|on dit|un ami dit|le professeur affirme|ma fille dit|le manuel dit] que {a} est {W} que "
        "{b}. [Est-ce vrai ?|C'est juste ?|Vrai ou faux ?|Qu'en penses-tu ?|Lequel est le {W} ?|Vérifie.]"
    ),
    "{a} est-il {W} que {b}, ou [est-ce l'inverse|l'inverse|bien le contraire] ?",
    (
        "x = {a}[,| et| ;] y = {b}. [Laquelle des variables est la {W}e ?|Quelle valeur est la {W}e ?|Donne la "
        "valeur la {W}e.]"
    ),
    (
        "[deux|voici deux|il y a deux|on a deux] [nombres|résultats|décimaux] : {a} et {b}. [Lequel est le {W} ?|"
        "Donne le {W}.|Quel est le {W} ?|Nomme le {W}.]"
    ),
    "[Anne|Luc|l'équipe A|la colonne 1] a {a}, [Jean|Léa|l'équipe B|la colonne 2] {b}. Quel nombre est [le |]{W} ?",
    "le {W} [nombre |]de {a} et {b}[, s'il te plaît.| ?|.| est]",
    "le {W} : {a} ou {b}",
    "{W} : {a}, {b} ?",
    "{a} ; {b} -> {W}",
    "[sur|dans] [une liste|un tableau] il y a {a} et {b}. Quel est le {W} ?",
    "si j'ai {a} et toi {b}, qui a le {W} nombre ?",
    "de ces deux nombres, {a} et {b}, lequel est [le |]{W} ?",
    (
        "[peux-tu|pouvez-vous|pourrais-tu|pourriez-vous] [me dire|dire|indiquer] [lequel est le {W}|quel nombre est "
        "le {W}][ :|,] {a} ou {b} ?"
    ),
    (
        "[je voudrais savoir|j'aimerais savoir|je veux savoir|il faut que je sache] [lequel est le {W}|quel nombre "
        "est le {W}][ :|,] {a} ou {b}."
    ),
    "[coche|entoure|souligne|sélectionne|tape|note] le {W} [nombre |]: {a}[ ou| /|;] {b}.",
    (
        "{a} et {b}. [Dis le {W}.|Le {W}, s'il te plaît.|Quel est le {W} ?|Le {W} ?|Il me faut le {W}.|Je ne veux "
        "que le {W}.]"
    ),
    "{a} [comparé à|par rapport à|face à] {b} : [lequel est le {W} ?|lequel est {W} ?]",
    (
        "[en comparant|quand on compare|si on compare] {a} [et|à|avec] {b}, [lequel est le {W} ?|quel est le {W} ?|"
        "quel nombre est {W} ?]"
    ),
    "[compare|comparez] {a} [et|à|avec] {b} et [dis|écris|donne|note|garde] le {W}.",
    (
        "[au tableau|à l'écran|sur la feuille|dans le cahier|sur l'étiquette] [il y a|on lit|figurent] {a} et {b}. "
        "[Lequel est le {W} ?|Quel nombre est {W} ?|Recopie le {W}.|Note le {W}.]"
    ),
    (
        "[deux cartes|deux étiquettes|deux portes|deux boutons] portent {a} et {b}. [Quel nombre est le {W} ?|Dis le "
        "{W} nombre.]"
    ),
    "l'élève A répond {a}, l'élève B {b}. [Quelle réponse est la {W}e ?|Qui a donné le {W} nombre ?]",
    "[Rose|Paul] a la note {a}, [Marthe|Hugo] la note {b}. [Quelle note est la {W}e ?|Quelle est la {W}e note ?]",
    "ma calculatrice affiche {a}, la sienne {b}. Quel [résultat|nombre] est le {W} ?",
    "[la première ligne|la cellule A1] contient {a}, [la seconde|la cellule B1] {b}. Quelle valeur est la {W}e ?",
    "A) {a} B) {b}. [Lequel est le {W} ?|Coche le {W}.|Choisis le {W}.]",
    "« {a} » ou « {b} » : lequel est le {W} ?",
    'entre "{a}" et "{b}", [lequel est le {W} ?|choisis le {W}.]',
    "({a}) ou ({b}) : lequel est le {W} ?",
    "[{a} ; {b}] : quel élément est le {W} ?",
    "[soit|soient] a = {a} et b = {b}. [Lequel est le {W} ?|Détermine le {W}.|Le {W} des deux est]",
    "[étant donné|on donne|on considère] {a} et {b} ; [lequel est le {W} ?|donne le {W}.|indique le {W}.]",
    "le {W} ? {a} [ou|/|vs] {b}",
    "[seulement|uniquement|juste] le {W} nombre : {a} ou {b}.",
    "réponds [seulement|uniquement] par le {W} nombre : {a} ou {b}.",
    "[dis|bon|écoute|tiens], {a} ou {b}, c'est lequel le {W} ?",
    "c'est lequel le {W}, {a} ou {b} ?",
    "c'est quoi le {W} : {a} ou {b} ?",
    "en valeur, lequel est le {W}, {a} ou {b} ?",
    "j'hésite entre {a} et {b} ; [il me faut|je veux|je prends] le {W}. [Lequel ?|C'est lequel ?|Lequel est-ce ?]",
    "on [garde|veut|prend] le {W} : {a} ou {b} ?",
    "l'un [est|vaut] {a}, l'autre {b}. [Lequel est le {W} ?|Dis le {W}.|Le {W} ?]",
    (
        "[j'ai reçu|j'ai lu|j'ai noté|j'ai calculé] {a} et [puis |ensuite |]{b}. [Lequel est le {W} ?|Quel nombre "
        "est {W} ?|Quel est le {W} ?]"
    ),
    "le tableau d'affichage donne {a} aux bleus et {b} aux verts. Quel score est le {W} ?",
    "le {W} des [nombres|deux] {a} et {b}[ ?| est| :|, c'est lequel ?]",
    "le nombre le {W} entre {a} et {b}[, c'est lequel ?| est| ?]",
    "tranche : {a} ou {b}. On cherche le {W}.",
    "de ces deux [nombres|résultats|chiffres|relevés], lequel est le {W} ?{AB}",
    (
        "[choisis|note|dis|coche|recopie|donne-moi] le {W} [nombre|résultat|chiffre|relevé] [de ces deux|des deux "
        "suivants|de cette paire]{AB}"
    ),
    "quel [nombre|résultat|chiffre|relevé] est [le |]{W} ?{AB}",
    "quel [résultat|chiffre|relevé] est [le |]{W}[ :|,] {a} ou {b} ?",
    (
        "[pour le rapport|pour le tableau|pour la fiche] [il me faut|on prend|compte] le [nombre|chiffre|résultat] le "
        "{W} : {a} ou {b} ?"
    ),
    "lequel est le {W}, {a} ou {b}, et [pourquoi|à quoi le vois-tu|comment le sais-tu] ?",
    "[explique|dis|justifie] pourquoi et lequel est le {W} : {a} ou {b}.",
    "[la balance|le compteur|la sonde] indiquait {a} puis {b}. Quel [nombre|chiffre] est le {W} ?",
    "des [mesures|quantités|valeurs|lectures] {a} et {b}, laquelle est la {W}e ?",
    "laquelle des deux [mesures|quantités|valeurs|lectures] est la {W}e[ :|,] {a} ou {b} ?",
    "[dis|note|choisis|écris] la {W}e de ces [mesures|quantités|valeurs|lectures]{AB}",
    "[bon|dis|tiens|alors], [c'est lequel le {W}|le {W}] ?{AB}",
    "{a} et {b}, est-ce pareil ? [Sinon, dis|Dis] le {W}.",
)
_MORE = (
    "qu'est-ce qui est plus grand, {a} ou {b} ?",
    "{a} > {b} ? Dis lequel est le plus grand.",
    "{a} dépasse-t-il {b} ? Donne le plus grand des deux.",
    "[lequel|qui] [vaut le plus|a la plus grande valeur|est supérieur à l'autre][ :|,] {a} ou {b} ?",
    "{a} est-il supérieur à {b} ?",
    "[donne|dis|choisis] le nombre supérieur [:|entre] {a} et {b}.",
    "lequel est le plus à droite sur la droite graduée, {a} ou {b} ?",
    "lequel est [le |]supérieur[ :|,] {a} ou {b} ?",
    "de {a} et {b}, lequel l'emporte [en valeur|par la taille] ?",
    "lequel est le plus gros nombre, {a} ou {b} ?",
    "quel nombre est supérieur : {a} ou {b} ?",
    "[entre|de] {a} et {b}, [quel nombre est supérieur ?|lequel vaut plus ?|lequel fait plus ?]",
    "lequel fait [plus|le plus], {a} ou {b} ?",
    "qui a [le plus|plus] : celui qui a {a} ou celui qui a {b} ?",
    (
        "{a} [est-il au-dessus de|passe-t-il au-dessus de|excède-t-il] {b} ? [Lequel est le plus grand ?|Donne le "
        "plus grand.]"
    ),
    "en comptant vers le haut, lequel vient en dernier : {a} ou {b} ?",
    "quel nombre est le plus [élevé|haut|gros] : {a} ou {b} ?",
    (
        "[de|entre|parmi] {a} et {b}, [lequel est le plus élevé ?|indique le plus élevé.|quel est le nombre le plus "
        "élevé ?]"
    ),
    (
        "[donne|indique|choisis] [le nombre le plus élevé|la plus grande valeur|la valeur la plus élevée] [de|entre] "
        "{a} et {b}."
    ),
)
_LESS = (
    "quel nombre est le plus [bas|faible] : {a} ou {b} ?",
    "[de|entre|parmi] {a} et {b}, [lequel est le plus bas ?|indique le plus faible.|quel est le nombre le plus bas ?]",
    (
        "[donne|indique|choisis] [le nombre le plus bas|la plus petite valeur|la valeur la plus basse] [de|entre] "
        "{a} et {b}."
    ),
    "qu'est-ce qui est plus petit, {a} ou {b} ?",
    "{a} < {b} ? Dis lequel est le plus petit.",
    "{a} est-il en dessous de {b} ? Donne le plus petit des deux.",
    "[lequel|qui] [vaut le moins|a la plus petite valeur|est inférieur à l'autre][ :|,] {a} ou {b} ?",
    "{a} est-il inférieur à {b} ?",
    "[donne|dis|choisis] le nombre inférieur [:|entre] {a} et {b}.",
    "lequel est le plus à gauche sur la droite graduée, {a} ou {b} ?",
    "lequel est inférieur[ :|,] {a} ou {b} ?",
    "lequel est moins que l'autre, {a} ou {b} ?",
    "quel nombre est inférieur : {a} ou {b} ?",
    "[entre|de] {a} et {b}, [quel nombre est inférieur ?|lequel vaut moins ?|lequel fait moins ?]",
    "lequel fait [moins|le moins], {a} ou {b} ?",
    "qui a [le moins|moins] : celui qui a {a} ou celui qui a {b} ?",
    "{a} [est-il au-dessous de|reste-t-il sous] {b} ? [Lequel est le plus petit ?|Donne le plus petit.]",
    "en comptant vers le haut, lequel vient en premier : {a} ou {b} ?",
)
_EXTREME = (
    "que vaut {W} [de|entre] {a} et {b} ?",
    "quel est le {S} [de|entre] {a} et {b} ?",
    "[donne|calcule|détermine|indique|dis-moi|trouve|affiche|écris|renvoie|cherche] {W} [de|entre|parmi] {a} et {b}.",
    "[donnez|calculez|indiquez|trouvez] {W} [de|entre] {a} et {b}[.|, s'il vous plaît.]",
    "{W} : {a} ; {b}",
    "{W} [de|entre] {a} et {b} est",
    "{W} de {a} et {b} ?",
    "{a} et {b} : {S} ?",
    "{S} : {a} ; {b}",
    "{a} ; {b} -> {S}",
    "[les mesures|les valeurs|les données|les relevés] sont {a} et {b}. [Donne {W}.|Indique {W}.|{W} ?|Calcule {W}.]",
    "une [série|liste|feuille] contient {a} et {b}. [Donne {W}.|Trouve {W}.|Quelle est sa {F} ?|Quelle est la {F} ?]",
    "[de|entre|parmi] {a} et {b}, [donne {W}.|indique {W}.|{W} est|calcule {W}.|quelle est la {F} ?]",
    (
        "[des|parmi les|entre les] [valeurs|données|mesures|lectures] {a} et {b}, [quelle est la {F} ?|donne la {F}.|"
        "garde la {F}.|la {F} est]"
    ),
    "[de la liste|de l'ensemble|de la série] {a} ; {b}, [quelle est la {F} ?|donne {W}.|extrais {W}.]",
    (
        "[le capteur|le compteur|l'enregistreur|le journal] [a donné|a noté|a envoyé|indique] {a} et {b}. [Note {W}.|"
        "Donne {W}.|Envoie {W}.|Quelle est la {F} ?]"
    ),
    "[aujourd'hui|cette semaine|cette nuit] on a mesuré {a} et {b}. [Note {W}.|{W} était|Quelle est la {F} ?]",
    "[il me faut|je veux|j'ai besoin de connaître|donne-moi seulement] {W} [de|entre] {a} et {b}.",
    "[peux-tu|pouvez-vous|pourrais-tu] [calculer|me dire|donner|trouver] {W} de {a} et {b} ?",
    "lequel des deux est {W}, {a} ou {b} ?",
    "{W}, c'est {a} ou {b} ?",
    "pour [le rapport|le graphique|l'alarme] il me faut {W} : {a} ; {b}",
    "la {F} [entre|de] {a} et {b}[ ?| est|, c'est laquelle ?]",
    "quelle est la {F} : {a} ou {b} ?",
    "données = [{a} ; {b}]. [Donne {W}.|{S} = ?]",
    "[quelle est la {F} de {a} et {b} ?|cherche la {F} parmi {a} et {b}.]",
    "j'ai deux [notes|mesures|valeurs], {a} et {b} ; [quelle est la {F} ?|la {F} est]",
    "avec {a} et {b}, {W} [est|serait]",
    "à combien se monte {W} de {a} et {b} ?",
    (
        "quel [est|a été|était] le [nombre|résultat|chiffre|relevé] le {P} [de {a} et {b}|entre {a} et {b}|parmi "
        "{a} et {b}|des essais {a} et {b}|parmi les données {a} et {b}] ?"
    ),
    "quel [nombre|résultat|chiffre|relevé] [est|était] le {P}[ :|,] {a} ou {b} ?",
    "quelle [est|était] la {F} [de|entre|parmi|des données|parmi les données|de la série] {a} et {b} ?",
    (
        "[dis|note|recopie|cherche|tire] le [nombre|résultat|chiffre] le {P} de [cette liste|ce relevé|ces données|"
        "ces deux lignes]{AB}"
    ),
    "[dis|note|recopie|cherche] la {F} de [cette liste|ce journal|ces données]{AB}",
    "{W} de [cette liste|ce relevé|ces données|ces deux-là]{AB}",
    (
        "le [compteur|capteur|thermomètre|niveau] [a indiqué|a lu|a envoyé] {a} puis {b}. [Note {W}.|Quel relevé est "
        "le {P} ?|Quel a été le {P} ?]"
    ),
    "un seul nombre, sans [trier|liste] : le {P} de {a} et {b}.",
    "[pour le rapport|dans le résumé], {W}, c'est {a} ou {b} ?",
    "des deux [tests|postes|jours|lancers], {a} et {b}, quel [résultat|chiffre] a été le {P} ?",
)
_MAX = (
    "max({a} ; {b}) = ?",
    "max({a} ; {b})",
    "=MAX({a};{b})",
    "[quel est le [pic|sommet|plafond] de {a} et {b} ?|note le [pic|sommet|plafond] de {a} et {b}.]",
    "deux relevés, {a} et {b} : [le pic ?|quel est le plus haut ?|le plus élevé ?]",
    "quel est le plus haut des deux relevés, {a} ou {b} ?",
    "jusqu'où [est-on monté|la valeur est-elle montée], avec {a} et {b} ?",
    "le record [entre|de] {a} et {b} est",
    "le plus haut [relevé|niveau|chiffre] : {a} ou {b} ?",
    "jusqu'à combien [est-ce monté|est-on allé], si on a lu {a} et {b} ?",
    "combien au plus, {a} ou {b} ?",
)
_MIN = (
    "min({a} ; {b}) = ?",
    "min({a} ; {b})",
    "=MIN({a};{b})",
    "[quel est le [creux|point bas|plancher] de {a} et {b} ?|note le [creux|point bas|plancher] de {a} et {b}.]",
    "deux relevés, {a} et {b} : [le creux ?|quel est le plus bas ?|le moins élevé ?]",
    "quel est le plus bas des deux relevés, {a} ou {b} ?",
    "jusqu'où [est-on descendu|la valeur est-elle descendue], avec {a} et {b} ?",
    "le plus bas [relevé|niveau|chiffre] : {a} ou {b} ?",
    "jusqu'à combien [est-ce descendu|est-on tombé], si on a lu {a} et {b} ?",
    "combien au moins, {a} ou {b} ?",
)
# Both in order: {W} begins, {S} ends.
_ORDER = (
    "les deux, du {W} au {S} : {a} ; {b}",
    "à partir du {W} : {a} et {b}, dans l'ordre[.|, s'il te plaît.]",
    (
        "[trie|range|classe|ordonne|écris|mets|liste|place|note|aligne] {a} et {b} [du {W} au {S}|en partant du {W}|"
        "en commençant par le {W}|à partir du {W}|le {W} en premier|le {W} d'abord|avec le {W} en tête]."
    ),
    "[triez|rangez|classez|ordonnez|écrivez] {a} et {b} [du {W} au {S}|en commençant par le {W}|le {W} en premier].",
    "[du {W} au {S}|le {W} d'abord|d'abord le {W}|en partant du {W}|à partir du {W}] : {a} ; {b}",
    (
        "[du {W} au {S}|en partant du {W}|à partir du {W}], [trie|range|écris|classe] [les nombres |les valeurs |"
        "]{a} et {b}."
    ),
    "[de|avec] {a} et {b}, [fais|écris] une liste [du {W} au {S}|qui commence par le {W}].",
    "de {a} et {b}, [écris|donne|dis] les deux, [d'abord le {W}|le {W} avant|du {W} au {S}].",
    "[des|avec les] nombres {a} et {b}, [donne|dis|écris] l'ordre du {W} au {S}.",
    "{a} et {b}, le {W} en premier.",
    "{a} et {b}[ :|,] [du {W} au {S}|le {W} d'abord|range à partir du {W}][.|, s'il te plaît.]",
    "{a} ; {b} -> du {W} au {S}",
    "[{a} ; {b}] du {W} au {S}",
    (
        "comment [se rangent|se classent|s'ordonnent] {a} et {b} [du {W} au {S}|si on commence par le {W}|en partant "
        "du {W}] ?"
    ),
    "quel est l'ordre de {a} et {b} [du {W} au {S}|à partir du {W}|si le {W} vient d'abord] ?",
    (
        "[peux-tu|pouvez-vous|pourrais-tu] [trier|ranger|classer|mettre en ordre] {a} et {b} [du {W} au {S}|en "
        "commençant par le {W}] ?"
    ),
    (
        "[je veux|il me faut|j'aimerais avoir] {a} et {b} [dans l'ordre|rangés], [du {W} au {S}|en commençant par le "
        "{W}|le {W} d'abord]."
    ),
    "d'abord le {W}, ensuite le {S} : {a} et {b}.",
    "[dis|écris|lis] d'abord le {W}, puis le {S} : {a} ; {b}",
    (
        "place le {W} de {a} et {b} [à gauche et le {S} à droite|devant et le {S} derrière|en haut et le {S} en bas|"
        "au début et le {S} à la fin]."
    ),
    (
        "[deux|voici deux] [nombres|résultats|prix|scores] : {a} et {b}. [Trie-les|Range-les|Écris-les|Classe-les] "
        "du {W} au {S}."
    ),
    (
        "[trie|range|classe|ordonne] [les nombres|ces nombres|ces valeurs|les données|ces décimaux] [du {W} au {S}|à "
        "partir du {W}] : {a} ; {b}[.|]"
    ),
    "[ordre|liste|suite|classement] du {W} au {S} [:|pour] {a} et {b}",
    "fais un classement de {a} et {b}, [en commençant par le {W}|du {W} au {S}|le {W} en tête].",
    "le professeur veut {a} et {b} du {W} au {S}. [Qu'est-ce que ça donne ?|Écris-le.|Quelle est la suite ?]",
    (
        "[dans la feuille|au dépôt|au magasin|dans la liste] [il y a|on trouve] {a} et {b}. [Range-les|Classe-les|"
        "Trie-les] [du {W} au {S}|à partir du {W}]."
    ),
    "si on range {a} et {b} du {W} au {S}, [qu'est-ce que ça donne ?|quelle est la liste ?|qu'obtient-on ?]",
    "[trier|ranger|classer] {a} et {b} : du {W} au {S}.",
    "qui vient d'abord et qui vient ensuite, {a} et {b}, du {W} au {S} ?",
    "par taille, [le {W} d'abord|en commençant par le {W}] : {a} ; {b}",
    (
        "[mets|trie|range|écris|liste] ces [deux nombres|deux valeurs|données] [avec le {W} en haut|avec le {W} en "
        "tête|en commençant par le {W}|à partir du {W}]{AB}"
    ),
    (
        "[écris|montre|note|liste|place] {a} et {b}, le [nombre|chiffre|relevé] le {W} [en haut|sur la première ligne|"
        "au début|en tête|devant]."
    ),
    "[mets|montre|place] {a} et {b}, le [nombre|chiffre|relevé] le {S} [en bas|à la fin|sur la dernière ligne].",
    (
        "[trie-moi|classe-moi|liste-moi] {a} et {b}[, s'il te plaît,|] [du {W} au {S}|en commençant par le {W}|le {W} "
        "en premier]."
    ),
    "du nombre le {W} au nombre le {S}{AB}",
    "en commençant par le [nombre|chiffre|relevé] le {W}, [range|écris|liste] {a} et {b}.",
    "pas seulement le {W} : [écris|range|dis] les deux, {a} et {b}, [à partir du {W}|le {W} d'abord].",
)
_WAY = (
    (
        "[trie|range|classe|ordonne|écris|mets|place|liste] {a} et {b} [dans l'ordre|par ordre|en ordre|par ordre de "
        "grandeur] {D}."
    ),
    "[triez|rangez|classez|écrivez] {a} et {b} [dans l'ordre|par ordre] {D}.",
    "ordre {D} [:|de|pour] {a} et {b}[ ?|.|, s'il te plaît.]",
    "[quel est l'ordre {D} de {a} et {b} ?|donne l'ordre {D} de {a} et {b}.|indique l'ordre {D} de {a} et {b}.]",
    "[dans l'ordre|par ordre|en ordre] {D} : {a} ; {b}",
    "{a} et {b}[ :|,] [dans l'ordre {D}|ordre {D}][ ?|.]",
    "[de|des nombres|des valeurs] {a} et {b}, [donne|fais|écris|je veux] [l'ordre|la liste par ordre] {D}.",
    "[peux-tu|pouvez-vous] [mettre|ranger|écrire|classer] {a} et {b} dans l'ordre {D} ?",
    "[il me faut|je veux] {a} et {b} par ordre {D}.",
    "[trie|range|classe] [ces nombres|ces valeurs|les données] par ordre {D} : {a} ; {b}",
    "que deviennent {a} et {b} par ordre {D} ?",
    "par ordre {D}, {a} et {b} [donnent|deviennent|se suivent ainsi :]",
    "{D} : {a} ; {b}",
)
_UP = (
    "classe ces valeurs en montant : {a} ; {b}",
    "[écris|range] {a} et {b} de sorte que les valeurs [augmentent|croissent|montent].",
    "sorted([{a} ; {b}])",
    "tri ascendant : {a} ; {b}",
    "[trie|range|mets] {a} et {b} [en montant|vers le haut|de bas en haut].",
    "[en montant|vers le haut] : {a} ; {b}",
    "[peux-tu|pouvez-vous] les [ranger|mettre] [en montant|vers le haut] ?{AB}",
)
_DOWN = (
    "classe ces valeurs en descendant : {a} ; {b}",
    "[écris|range] {a} et {b} de sorte que les valeurs [diminuent|décroissent|baissent].",
    "sorted([{a} ; {b}], reverse=True)",
    "tri descendant : {a} ; {b}",
    "[trie|range|mets] {a} et {b} [en descendant|vers le bas|de haut en bas].",
    "[en descendant|vers le bas] : {a} ; {b}",
    "[peux-tu|pouvez-vous] les [ranger|mettre] [en descendant|vers le bas] ?{AB}",
)


def _extreme(feminine: str, *masculine: str) -> tuple[str, ...]:
    """Questions for an extreme; {F} is a value that has it, {P} says it of a number."""
    return with_slot(with_slot(_EXTREME, "{F}", f"{feminine} [valeur|mesure]"), "{P}", *masculine)


SCENES = {
    ("larger", "n"): Scene((*_PAIRS, *_MORE), (("plus grand", ""),)),
    ("smaller", "n"): Scene((*_PAIRS, *_LESS), (("plus petit", ""),)),
    ("max", "n"): Scene(
        (*_extreme("[plus grande|plus haute|plus forte]", "plus grand", "plus haut", "plus élevé"), *_MAX),
        (("le maximum", "maximum"), ("le maximum", "max"), ("le max", "max"), ("la valeur maximale", "maximum")),
    ),
    ("min", "n"): Scene(
        (*_extreme("[plus petite|plus basse|plus faible]", "plus petit", "plus bas", "plus faible"), *_MIN),
        (("le minimum", "minimum"), ("le minimum", "min"), ("le min", "min"), ("la valeur minimale", "minimum")),
    ),
    ("asc", "n"): Scene(
        (*_ORDER, *with_slot(_WAY, "{D}", "croissant"), *_UP),
        (("plus petit", "plus grand"), ("plus petit", "plus grand"), ("plus bas", "plus haut")),
    ),
    ("desc", "n"): Scene(
        (*_ORDER, *with_slot(_WAY, "{D}", "décroissant"), *_DOWN),
        (("plus grand", "plus petit"), ("plus grand", "plus petit"), ("plus haut", "plus bas")),
    ),
}
