# Ce que disent les rapports, en français. Espaces ordinaires : typography.rs met celles qui ne se coupent pas.

## Langue

lang = fr

## Dates et durées

date-moment = { $day ->
    [1] 1er
   *[other] { $day }
 }{ "\u00A0" }{ $month } { $year } à { $hour }{ "\u00A0" }h{ "\u00A0" }{ $minute }{ "\u00A0" }min{ "\u00A0" }{ $second }{ "\u00A0" }s
date-minute = { $day ->
    [1] 1er
   *[other] { $day }
 }{ "\u00A0" }{ $month } { $year } à { $hour }{ "\u00A0" }h{ "\u00A0" }{ $minute }
date-day = { $day ->
    [1] 1er
   *[other] { $day }
 }{ "\u00A0" }{ $month_short }{ "\u00A0" }{ $year }
date-clock = { $hour_two }:{ $minute }:{ $second }
date-tick = { $day ->
    [1] 1er
   *[other] { $day }
 }{ "\u00A0" }{ $month_short }, { $hour }{ "\u00A0" }h{ "\u00A0" }{ $minute }
period-seconds = { $n }{ "\u00A0" }s
period-minutes = { $n }{ "\u00A0" }min{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest }{ "\u00A0" }s
 }
period-hours = { $n }{ "\u00A0" }h{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest }{ "\u00A0" }min
 }
period-days = { $n }{ "\u00A0" }{ $n ->
    [one] jour
   *[other] jours
 }{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest }{ "\u00A0" }h
 }
utc = ({ $clock } UTC)
seconds = { $shown }{ "\u00A0" }s

## Première page

title = Rapport d’incident n° { $id }
kind = Téléphonie : rapport d’incident à l’attention de l’opérateur, des autorités et de l’assureur
operator-unknown = Opérateur non indiqué
about-period = Période
about-until = au
about-goes-on = en cours à la date du rapport
about-made = Rapport établi
about-host = Équipement surveillé
about-reference = Référence
about-customer = Client
about-severity = Gravité
about-zone = Heure locale
about-numbers = Numéros
severity = { $what ->
    [warning] avertissement
    [critical] critique
   *[other] { $what }
 }
numbers-whole = affichés en entier
numbers-masked = masqués
numbers-masked-by = masqués ({ $n ->
    [one] dernier chiffre caché
   *[other] { $n } derniers chiffres cachés
 })
unknown = inconnu
not-given = non indiquée
reveal-title = Ce rapport contient des numéros entiers.
reveal-text = Ils ont été démasqués par { $by } le { $when } ; le journal en garde la trace (entrée n° { $seq }). À ne remettre qu’aux personnes habilitées.
reveal-not-found = { $n ->
    [one] { $n } numéro reste masqué, faute d’être encore conservé.
   *[other] { $n } numéros restent masqués, faute d’être encore conservés.
 }

## Résumé

summary = L’essentiel
summary-estimate = Les coûts sont des estimations, calculées avec les tarifs inscrits dans la politique de sécurité ; seule la facture de l’opérateur fait foi.
calls = { $n ->
    [one] { $n } appel
   *[other] { $n } appels
 }
subject = { $kind ->
    [limit] Limite « { $name } » atteinte
    [unusual] Trafic inhabituel
    [blocked_invites] Appels vers des destinations interdites
    [gap] Interruption de la surveillance
   *[other] { $kind }
 }
subject-towards = { $subject } : appels vers { $where }
incident-kind = { $what ->
    [limit] une limite de la politique a été atteinte
    [unusual] bien plus d’appels que d’ordinaire à cette heure de la semaine
    [blocked_invites] des appels vers des destinations interdites ont été rejetés
    [gap] la surveillance a été interrompue
   *[other] { $what }
 }
said-calls = Entre le { $from } et le { $until }, { $calls ->
    [0] aucun appel n’est passé
    [one] { $calls } appel est passé
   *[other] { $calls } appels sont passés
 } vers { $where }.
said-no-destination = Entre le { $from } et le { $until }, { $calls ->
    [0] aucun appel n’est passé
    [one] { $calls } appel est passé
   *[other] { $calls } appels sont passés
 }.
said-gap = Entre le { $from } et le { $until }, la surveillance a été interrompue : ce qui a pu passer pendant ce temps n’a été ni compté ni bloqué.
said-cost = { $answered ->
    [0] Aucun n’a été décroché.
    [one] { $answered } a été décroché, pour { $duration } de communication et un coût estimé à { $cost }.
   *[other] { $answered } ont été décrochés, pour { $duration } de communication et un coût estimé à { $cost }.
 }
said-no-cost = { $answered ->
    [0] Aucun n’a été décroché.
    [one] { $answered } a été décroché, pour { $duration } de communication ; aucun tarif ne permet d’en estimer le coût.
   *[other] { $answered } ont été décrochés, pour { $duration } de communication ; aucun tarif ne permet d’en estimer le coût.
 }
said-blocked = { $n ->
    [one] { $n } appel a été bloqué.
   *[other] { $n } appels ont été bloqués.
 }
said-told = La première alerte a été remise à { $to } le { $when }, soit { $delay } après le début.
said-nobody-told = Aucune alerte n’a été remise à un destinataire.
said-acknowledged = L’incident a été pris en charge par { $by } le { $when }.
said-nobody-acknowledged = Personne ne l’avait pris en charge à la date de ce rapport.
figure-cost = Coût estimé
figure-talk = Communications
figure-prevented = Coût évité (estimé)
figure-told = Première alerte remise
figure-cost-note = { $n ->
    [one] { $n } appel décroché
   *[other] { $n } appels décrochés
 }
figure-cost-unknown = aucun tarif
figure-talk-note = sur { $n ->
    [one] { $n } appel
   *[other] { $n } appels
 }
figure-prevented-note = { $n ->
    [one] { $n } appel bloqué
   *[other] { $n } appels bloqués
 }
figure-told-note = après le début
figure-told-never = jamais
figure-told-never-note = aucune remise

## Les faits

facts = Les faits
fact-kind = Nature
fact-began = Début
fact-ended = Fin
fact-lasted = Durée
goes-on-since = en cours ; dernier fait le { $when }
fact-rule = Règle
fact-value = Valeur constatée
fact-threshold = pour un seuil de { $threshold }.
fact-usual = D’ordinaire : { $usual }.
fact-no-rule = aucune règle n’est en cause
fact-destination = Destination
fact-country = Pays
fact-key = Compté pour
fact-source = Origine des appels
fact-many-sources = plusieurs adresses, ou inconnue
fact-interfaces = Interfaces
fact-joined = Regroupement
fact-joined-text = { $n ->
    [one] réunit { $n } incident, faute de place
   *[other] réunit { $n } incidents, faute de place
 }
fact-alerts = Alertes
alerts = { $n ->
    [one] { $n } alerte
   *[other] { $n } alertes
 }
escalations = { $n ->
    [one] { $n } relance
   *[other] { $n } relances
 }
fact-acknowledged = Prise en charge
acknowledged-by = par { $by }, le { $when } ({ $through ->
    [command] par commande sur l’équipement
    [alertmanager] par un silence d’Alertmanager
   *[other] { $through }
 }).
acknowledged-nobody = personne à la date de ce rapport
quoted = « { $text } »
rule = « { $name } » : { $counts ->
    [calls] appels
    [concurrent_calls] appels simultanés
    [minutes] minutes
    [spend] dépense
    [repeated_calls] appels répétés vers un même numéro
    [short_calls] appels très courts
    [numbers] numéros différents
    [failed_calls] appels échoués
    [new_countries] pays nouveaux
    [invites] demandes d’appel
   *[other] { $counts }
 }, { $scope ->
    [all] pour l’ensemble
    [destination] par destination
    [country] par pays
    [number] par numéro appelé
    [caller] par appelant
    [source] par origine
    [trunk] par raccordement opérateur
    [customer] par client
   *[other] { $scope }
 }
rule-window = { $rule }, sur { $window ->
    [day] une journée
    [month] un mois
   *[other] { $window }
 }
rule-dropped = { $why ->
    [policy] la politique interdit cette destination
    [temporary_block] un blocage temporaire était en vigueur
   *[other] motif « { $why } »
 }
in-unit = { $unit ->
    [calls] { $shown } appels
    [minutes] { $shown }{ "\u00A0" }min
    [numbers] { $shown } numéros
    [countries] { $shown } pays
   *[other] { $shown } { $unit }
 }

## Destinations et coûts

costs = Destinations et coûts
costs-caption = Appels passés et bloqués par destination, avec le tarif appliqué
costs-none = Aucun appel n’a été suivi pour cet incident.
col-destination = Destination
col-calls = Appels passés
col-blocked = Bloqués
col-duration = Durée
col-tariff = Tarif
col-cost = Coût
col-cumulative = Cumul
total = Total
no-tariff = aucun
destination-other = autres
tariff = « { $name } » : { $minute }/min{ $call ->
    [none] { "" }
   *[other] { " " }et { $call } par appel
 } ; { $then ->
    [1] facturé à la seconde
   *[other] par pas de { $then }{ "\u00A0" }s
 }{ $first ->
    [same] { "" }
   *[other] , { $first }{ "\u00A0" }s au moins
 }
tariff-bands = (d’autres prix à certaines heures)
answered-of = { $n ->
    [one] Sur { $n } appel passé
   *[other] Sur { $n } appels passés
 }, { $answered ->
    [0] aucun n’a été décroché.
    [one] { $answered } a été décroché.
   *[other] { $answered } ont été décrochés.
 }
active = { $n ->
    [one] { $n } est encore en cours.
   *[other] { $n } sont encore en cours.
 }
dropped-invites = { $n ->
    [one] Le noyau a rejeté { $n } demande d’appel (INVITE) pendant ce temps, répétitions comprises.
   *[other] Le noyau a rejeté { $n } demandes d’appel (INVITE) pendant ce temps, répétitions comprises.
 }
prevented = Coût évité
prevented-text = { $n ->
    [one] { $n } appel bloqué aurait
   *[other] { $n } appels bloqués auraient
 } coûté environ { $amount } : chacun est compté pour { $each }, qui est { $basis ->
    [incident] la durée moyenne des appels décrochés de cet incident
    [destination] la durée moyenne des appels décrochés vers la même destination conservés auparavant
    [increment] le premier pas de facturation, soit le moins qu’un appel puisse coûter
   *[other] { $basis }
 }, au tarif « { $tariff } ». C’est une estimation : nul ne sait combien de temps ces appels auraient duré, ni s’ils auraient été décrochés.
prevented-nothing = Aucun appel n’a été bloqué : rien n’a été évité.
prevented-unknown = { $n ->
    [one] { $n } appel a été bloqué ; ce qu’il aurait coûté ne peut être estimé
   *[other] { $n } appels ont été bloqués ; ce qu’ils auraient coûté ne peut être estimé
 }, faute de tarif ou de durée.

## Graphiques

charts = Évolution
chart-calls = Appels au cours du temps
chart-money = Coût cumulé au cours du temps
chart-calls-caption = Appels passés et bloqués, par tranche de { $each }
chart-money-caption = Coût cumulé estimé, { $currency }
chart-calls-text = Barres empilées : les appels passés, puis les appels bloqués. Au plus { $most } appels dans une tranche, celle qui commence le { $when }. L’annexe « Valeurs des graphiques » donne chaque valeur.
chart-money-text = Courbe croissante jusqu’à { $amount }. L’annexe « Valeurs des graphiques » donne chaque valeur.
legend-calls = appels passés
legend-blocked = appels bloqués
charts-table = Les mêmes valeurs figurent sous forme de tableau en annexe.

## Chronologie

timeline = Chronologie
timeline-caption = Heures locales ({ $zone }) et UTC ; la dernière colonne renvoie au journal
col-time = Heure locale
col-event = Fait
col-entry = Entrée
timeline-left-out = { $n ->
    [one] { $n } autre fait figure
   *[other] { $n } autres faits figurent
 } dans le journal.
event = { $what ->
    [began] Début de l’incident
    [alert] Nouvelle alerte : { $subject }
    [told] Message émis : { $subject }
    [delivered] Message remis à { $subject }
    [not_delivered] Message non remis à { $subject }
    [acknowledged] Prise en charge par { $subject }
    [blocked] Blocage : { $subject }
    [would_block] Blocage simulé (mode d’essai, rien n’est bloqué) : { $subject }
    [not_blocked] Non bloqué : { $subject }
    [unblocked] Fin de blocage : { $subject }
    [program] Programme lancé : { $subject }
    [policy] Politique mise en vigueur : { $subject }
    [policy_refused] Politique refusée, la précédente reste en vigueur
    [clock] Horloge : { $subject }
    [gap] Surveillance interrompue
    [lost] Entrées du journal perdues
    [started] Démarrage de la surveillance
    [stopped] Arrêt demandé de la surveillance
    [revealed] Numéros démasqués pour { $subject }
    [ended] Fin de l’incident
   *[other] { $what }
 }

## Mesures automatiques

measures = Mesures prises automatiquement
measures-caption = Blocages et programmes
col-measure = Mesure
col-target = Objet
col-until = Jusqu’au
measure = { $what ->
    [blocked] bloqué
    [would_block] aurait été bloqué (mode d’essai)
    [not_blocked] non bloqué
    [unblocked] débloqué
    [program] programme lancé
   *[other] { $what }
 }
measure-why = Motif : { $why }.
until-taken-away = levée manuelle
measures-none = Aucune mesure automatique n’a été prise.

## Personnes averties

told = Personnes averties
told-caption = Chaque message à chaque destinataire, avec la réponse de son serveur
col-who = Destinataire
col-news = Objet
col-decided = Émis
col-delivered = Remis
col-answer = Réponse du serveur
col-why = Raison
through = par « { $sink } »
news = { $what ->
    [opened] début
    [grew] évolution
    [escalated] aggravation
    [unacknowledged] sans prise en charge
    [acknowledged] prise en charge
    [ended] fin
    [test] essai
   *[other] { $what }
 }
delivery = { $what ->
    [delivered] remis
    [waiting] en attente
    [failed] non remis
   *[other] { $what }
 }
no-answer = aucune
tries = { $n ->
    [one] { $n } tentative
   *[other] { $n } tentatives
 }
told-note = « Remis » : le serveur du destinataire a accepté le message. Cela ne prouve pas qu’une personne l’a lu ; seule la prise en charge le montre.
told-nobody = Aucun message n’a été émis.
not-told = Personnes qui n’ont pu être averties
not-told-none = Aucune : chaque destinataire de la politique a été averti.
of-customer = contact du client { $customer }
why-not = { $what ->
    [telephone] c’est un numéro de téléphone, et le système ne téléphone pas : à appeler par une personne.
    [failed] toutes les tentatives ont échoué.
    [waiting] aucune tentative n’a encore réussi.
    [no_contact] le client n’a aucun contact dans la politique.
    [no_sink] la politique ne désigne personne à avertir.
   *[other] { $what }
 }

## Ce qui peut être fait

remedies = Ce qui peut être fait maintenant, et à quel prix
remedies-caption = Mesures proposées par l’opérateur pour ce type d’incident
col-remedy = Mesure
col-price = Prix
remedy-other-language = (texte disponible en anglais seulement)
price = { $price }{ $per ->
    [once] { "" }
    [hour] { " " }par heure
    [day] { " " }par jour
    [month] { " " }par mois
    [year] { " " }par an
    [call] { " " }par appel
    [line] { " " }par ligne
   *[other] { " " }({ $per })
 }
price-free = gratuit
price-unknown = non indiqué
remedies-none = La politique ne propose aucune mesure pour cet incident : demander à l’opérateur.
remedies-contact = Contact : { $contact }

## Limites du rapport

limits = Ce que ce rapport ne peut pas dire
limits-text = Un constat vaut par ce qu’il avoue ignorer. Voici l’état de l’horloge, les interruptions et les pertes entre le début et la fin de l’incident.
clock = Horloge
clock-since = À partir du { $when } :
clock-good = synchronisée.
clock-bad = non synchronisée.
clock-unknown = état inconnu.
clock-set = réglée de { $seconds }.
clock-error = Erreur estimée par le système : { $seconds } au plus.
gaps = Interruptions
gaps-none = aucune
gap = Du { $from } au { $until }.
lost-events = Événements perdus
lost-events-none = aucun
lost-events-some = { $n ->
    [one] { $n } événement du noyau a été perdu : les appels correspondants peuvent manquer.
   *[other] { $n } événements du noyau ont été perdus : les appels correspondants peuvent manquer.
 }
lost-entries = Entrées de journal perdues
lost-entries-none = aucune
lost-entries-some = { $n ->
    [one] { $n } entrée n’a pu être écrite.
   *[other] { $n } entrées n’ont pu être écrites.
 }
deleted = { $n ->
    [one] Le contenu de { $n } entrée a été effacé à l’échéance de conservation ; la chaîne reste vérifiable.
   *[other] Le contenu de { $n } entrées a été effacé à l’échéance de conservation ; la chaîne reste vérifiable.
 }
missing-title = Informations manquantes
missing-none = aucune
missing = { $what ->
    [policy] La politique alors en vigueur n’est pas disponible : opérateur, mesures et prix manquent.
    [policy_changed] La politique a été modifiée depuis : opérateur, mesures et prix sont ceux du texte actuel.
    [operator] La politique ne nomme pas l’opérateur.
    [remedies] La politique ne propose aucune mesure pour cet incident.
    [spend] Aucun tarif ne permet d’estimer le coût des appels.
    [prevented] Le coût évité ne peut être estimé.
    [slices] La répartition des appels dans le temps n’a pas été enregistrée.
    [clock] Le journal ne dit rien de l’horloge avant l’incident.
    [events] Les pertes éventuelles d’événements n’ont pas été enregistrées.
    [journal] Le journal n’a pu être lu en entier.
    [host] Le nom de l’équipement n’a pas été enregistré.
    [goes_on] L’incident est en cours : ses chiffres changeront.
   *[other] { $what }
 }

## Signature

signature = Signature
signature-text = Le soussigné certifie avoir établi ce rapport à partir des enregistrements de l’équipement désigné ci-dessus, sans y rien changer.
signature-name = Nom et qualité
signature-place = Lieu et date
signature-sign = Signature

## Annexes

annex-policy = Annexe : politique en vigueur
policy-path = Fichier
policy-loaded = Mise en vigueur
policy-entry = (entrée n° { $seq } du journal)
policy-text = Texte
policy-text-is = { $what ->
    [same] celui qui était en vigueur, vérifié par son empreinte
    [other] modifié depuis ; empreinte du texte actuel :
    [missing] non disponible
   *[other] { $what }
 }
policy-excerpts = Extraits qui concernent cet incident, tels que l’exploitant les a écrits :
annex-proof = Annexe : preuve par le journal
proof-text = Chaque entrée du journal contient l’empreinte SHA-256 de la précédente : changer, retirer ou ajouter une entrée change toutes les suivantes.
proof-whole = Chaîne vérifiée le { $when } : { $n ->
    [one] { $n } entrée, aucune anomalie.
   *[other] { $n } entrées, aucune anomalie.
 }
proof-broken = La chaîne présente des anomalies :
proof-unknown = La chaîne n’a pu être vérifiée.
col-entry-of = Entrée du journal
proof-first = première du journal
proof-incident-first = première de l’incident
proof-incident-last = dernière de l’incident
proof-last = dernière du journal
verify = Comment un tiers le vérifie
verify-text = Sur l’équipement, la première commande vérifie la chaîne ; la seconde l’exporte, une entrée par ligne :
verify-recipe = Avec l’export seul, et tout outil qui calcule SHA-256, chaque entrée se recalcule ainsi (les textes se suivent, « \n » est un saut de ligne, la première entrée suit 64 zéros) :
verify-outside = Chaque message d’alerte porte le numéro et l’empreinte de la dernière entrée : les destinataires détiennent donc une copie hors de l’équipement, à laquelle comparer.
annex-packets = Annexe : paquets conservés
packets-text = { $n ->
    [one] { $n } paquet SIP de cet incident est conservé
   *[other] { $n } paquets SIP de cet incident sont conservés
 } au format pcapng, que lit Wireshark ; chacun nomme en commentaire la règle qui s’y applique.
packets-left-out = { $n ->
    [one] { $n } autre n’a pu l’être.
   *[other] { $n } autres n’ont pu l’être.
 }
octets = { $n ->
    [one] { $n } octet
   *[other] { $n } octets
 }
annex-numbers = Annexe : numéros appelés
numbers-text-masked = Les numéros sont masqués ; le jeton, calculé avec une clé propre à l’équipement, permet de reconnaître un même numéro d’un document à l’autre sans le révéler.
numbers-text-whole = Numéros entiers ; le jeton, calculé avec une clé propre à l’équipement, désigne le même numéro dans les documents où il est masqué.
col-number = Numéro
col-token = Jeton
annex-values = Annexe : valeurs des graphiques
values-caption = Par tranche de { $each } ; heures locales ({ $zone }) et UTC
col-from = À partir de
and = { $first } et { $last }
