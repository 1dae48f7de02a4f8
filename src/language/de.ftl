# Deutsch, in der Höflichkeitsform. Die Texte sind HTML: siehe src/language/mod.rs.

## Zahlen, Tage und Zeiten

language-tag = de
number = { $number }
date = { $day }. { $month } { $year }
month-january = Januar
month-february = Februar
month-march = März
month-april = April
month-may = Mai
month-june = Juni
month-july = Juli
month-august = August
month-september = September
month-october = Oktober
month-november = November
month-december = Dezember
days = { $days ->
    [one] { $days } Tag
   *[other] { $days } Tage
}

## Wörter, die mehrere Seiten benutzen

common-api-key = API-Schlüssel
common-api-keys = API-Schlüssel
common-client-id = Client-ID
common-client-secret = Client-Secret
common-username = Benutzername
common-display-name = Anzeigename
common-name = Name
common-email = E-Mail
common-role = Rolle
common-roles = Rollen
common-permissions = Berechtigungen
common-users = Benutzer
common-user = Benutzer
common-owner = Eigentümer
common-description = Beschreibung
common-status = Status
common-created = Erstellt
common-expiration-date = Ablaufdatum
common-last-used = Zuletzt benutzt
common-from-address = von { $address }
common-last-sign-in = Letzte Anmeldung
common-updated = Geändert
common-actions = Aktionen
common-address = Adresse
common-action = Aktion
common-outcome = Ergebnis
common-request = Anfrage
common-time = Zeit
common-none = Keine
common-no-name = Kein Name
common-never = Nie
common-all = Alle
common-copy = Kopieren
common-delete = Löschen
common-cancel = Abbrechen
common-close = Schließen
common-filter = Filtern
common-clear-filters = Filter löschen
common-save-changes = Änderungen speichern
common-pages = Seiten
common-first-page = Erste Seite
common-next-page = Nächste Seite
common-delete-key = API-Schlüssel löschen
common-delete-one = { $what } löschen
common-error = Fehler:
common-allowed = Erlaubt
common-refused = Abgelehnt
common-key-deleted = Der API-Schlüssel <code>{ $client-id }</code> wurde gelöscht. Er kann nicht mehr benutzt werden.

## Was jede Seite hat

layout-skip = Zum Inhalt springen
layout-sign-out = Abmelden
layout-profile = Profil
layout-navigation = Hauptmenü
layout-home = Start
layout-activity = Aktivität

## Was Skripte sagen

script-copy-refused = Ihr Browser hat das Kopieren nicht erlaubt. Der Text ist markiert: Kopieren Sie ihn mit der Tastatur.
script-server-error = Der Server konnte das nicht tun (Fehler { $status }). Versuchen Sie es später noch einmal.
script-too-many-requests = Es gab zu viele Anfragen. Nichts wurde getan. Versuchen Sie es gleich noch einmal.
script-too-many-requests-until = Es gab zu viele Anfragen. Nichts wurde getan. Versuchen Sie es in { $time } noch einmal.
script-unreachable = Der Server war nicht zu erreichen. Sie können es gefahrlos noch einmal versuchen.
script-no-answer = Der Server hat nicht geantwortet. Sie können es gefahrlos noch einmal versuchen.
script-password-unsure = Der Server hat nicht geantwortet. Vielleicht wurde das Passwort geändert: Wird das alte abgelehnt, verwenden Sie das neue.
script-waiting = Bitte warten …
script-stayed = Sie bleiben angemeldet

## Der Status eines Schlüssels oder eines Benutzers

status-valid = Gültig
status-suspended = Gesperrt
status-expired = Abgelaufen
status-active = Aktiv
status-inactive = Inaktiv

## Das Ende einer Sitzung

session-idle-heading = Angemeldet bleiben?
session-last-heading = Ihre Sitzung endet bald
session-ended-heading = Ihre Sitzung ist beendet
session-idle = Hier wurde seit einer Weile nichts getan. Sie werden in <strong data-session-left></strong> abgemeldet.
session-last = Ihre Anmeldung ist lange her. Ihre Sitzung endet in <strong data-session-left></strong>, auch wenn Sie weiterarbeiten. Schließen Sie ab, was Sie gerade tun, und melden Sie sich dann neu an.
session-ended = Melden Sie sich neu an, um fortzufahren. Sie kommen auf diese Seite zurück.
session-sign-out = Jetzt abmelden
session-stay = Angemeldet bleiben
session-go-on = Weiter
session-not-now = Nicht jetzt
session-sign-in = Neu anmelden

## Anmeldung

sign-in-heading = Anmelden
sign-in-password = Passwort
sign-in-kept = Ihre Sitzung ist beendet. Melden Sie sich an; was Sie eingegeben haben, ist dann wieder da.
sign-in-reveal = Eingabe anzeigen
sign-in-refused = Der Benutzername oder das Passwort ist falsch, oder das Konto ist deaktiviert.
sign-in-limited = { $minutes ->
    [one] Es gab zu viele Fehlversuche. Versuchen Sie es in { $minutes } Minute noch einmal.
   *[other] Es gab zu viele Fehlversuche. Versuchen Sie es in { $minutes } Minuten noch einmal.
}

## Passwörter

password-choose = Neues Passwort wählen
password-choose-lead = Sie haben sich mit einem Einmalpasswort angemeldet. Ersetzen Sie es jetzt, um fortzufahren: Sobald Sie ein eigenes gewählt haben, gilt es nicht mehr.
password-new = Neues Passwort
password-repeated = Neues Passwort wiederholen
password-hint = Mindestens { $length } Zeichen. Alle Zeichen sind erlaubt, auch Leerzeichen; nehmen Sie solche, die Sie auf jedem Gerät eingeben können.
password-save = Passwort speichern
password-differ = Die beiden Passwörter sind verschieden. Geben Sie zweimal dasselbe ein.
password-is-one-time = Das ist das Einmalpasswort. Wählen Sie ein anderes.
password-too-short = Das Passwort ist zu kurz. Nehmen Sie mindestens { $length } Zeichen, zum Beispiel ein paar Wörter ohne Zusammenhang.
password-too-long = Das Passwort ist zu lang. Nehmen Sie höchstens { $length } Zeichen.
password-unknown-character = Das Passwort hat ein Zeichen, das nicht jedes Gerät kennt. Lassen Sie es weg.
password-leaked = Dieses Passwort ist aus einem Datenleck bekannt, deshalb probieren Angreifer es zuerst. Wählen Sie ein anderes, zum Beispiel ein paar Wörter ohne Zusammenhang.
password-named = Das Passwort enthält Ihren Benutzernamen oder den Namen dieses Dienstes. Lassen Sie ihn weg, oder nehmen Sie außerdem mindestens { $length } andere Zeichen.
password-guessable = Das Passwort ist leicht zu erraten: Es besteht aus häufigen Wörtern oder Namen, einer Wiederholung, einer Folge oder einer Tastenreihe. Wählen Sie ein anderes, zum Beispiel ein paar Wörter ohne Zusammenhang.

## Kontoeinstellungen

account-heading = Kontoeinstellungen
account-change-password = Passwort ändern
account-change-password-lead = Ihre anderen Sitzungen enden, wenn Sie Ihr Passwort ändern. API-Schlüssel gelten weiter.
account-current-password = Aktuelles Passwort
account-sessions = Sitzungen
account-sessions-lead = Wo Sie angemeldet sind. Beenden Sie Sitzungen, die nicht Ihre sind, und ändern Sie dann Ihr Passwort.
account-browser = Browser
account-began = Begonnen
account-this-session = Diese Sitzung
account-end = Beenden
account-end-one = Sitzung { $number }, { $browser }, beenden
account-end-others = Alle anderen Sitzungen beenden
account-other-sessions = { $others ->
    [one] { $others } andere Sitzung
   *[other] { $others } andere Sitzungen
}
account-password-changed = Ihr Passwort wurde geändert.
account-password-changed-elsewhere = { $others ->
    [one] Ihr Passwort wurde geändert. { $others } andere Sitzung wurde beendet: Melden Sie sich dort mit dem neuen Passwort neu an.
   *[other] Ihr Passwort wurde geändert. { $others } andere Sitzungen wurden beendet: Melden Sie sich dort mit dem neuen Passwort neu an.
}
account-session-ended = Sitzung beendet: { $browser }.
account-session-gone = Diese Sitzung war bereits beendet.
account-no-other-session = Es gab keine andere Sitzung mehr.
account-others-ended = { $others ->
    [one] { $others } andere Sitzung wurde beendet.
   *[other] { $others } andere Sitzungen wurden beendet.
}
account-wrong-password = Das aktuelle Passwort ist falsch. Nichts wurde geändert.
account-new-passwords-differ = Die beiden neuen Passwörter sind verschieden. Geben Sie zweimal dasselbe ein.
account-same-password = Das ist das aktuelle Passwort. Wählen Sie ein anderes.
account-browser-on = { $browser } auf { $system }
account-browser-named = { $browser }
account-unknown-browser = Unbekannter Browser
account-unknown-browser-on = Unbekannter Browser auf { $system }

## Sprache und Zeitzone

reading-heading = Sprache und Zeitzone
reading-lead = Die Sprache der Seiten und die Zeitzone der Zeiten, die sie zeigen. Antworten der API, exportierte Dateien und das Protokoll selbst bleiben auf Englisch und in UTC.
reading-language = Sprache
reading-zone = Zeitzone
reading-by-browser = Wie Ihr Browser es angibt
reading-save = Sprache und Zeitzone speichern
reading-saved = Ihre Sprache und Ihre Zeitzone wurden gespeichert.
reading-unchanged = Nichts geändert: Das war bereits so eingestellt.
reading-bad-choice = Diese Sprache oder Zeitzone gibt es hier nicht. Wählen Sie eine andere.

## Startseite

home-heading = Zugang zur API
home-signed-in = Sie sind als { $name } angemeldet.
home-expiring-name = <strong>Ihr API-Schlüssel { $name } läuft { $days ->
    [0] heute
    [1] morgen
   *[other] in { $days } Tagen
} ab.</strong> Programme, die ihn benutzen, haben dann keinen Zugang mehr, außer Sie geben ihnen einen neuen.
home-expiring-id = <strong>Ihr API-Schlüssel <code>{ $client-id }</code> läuft { $days ->
    [0] heute
    [1] morgen
   *[other] in { $days } Tagen
} ab.</strong> Programme, die ihn benutzen, haben dann keinen Zugang mehr, außer Sie geben ihnen einen neuen.
home-expiring-several = <strong>{ $count } Ihrer API-Schlüssel laufen in den nächsten { $within } Tagen ab, der erste { $days ->
    [0] heute
    [1] morgen
   *[other] in { $days } Tagen
}.</strong> Programme, die sie benutzen, haben dann keinen Zugang mehr, außer Sie geben ihnen neue.
home-see-expiring = Im Profil ansehen, was abläuft
home-keys = Ihre API-Schlüssel
home-no-keys = <strong>Sie haben keinen gültigen API-Schlüssel, deshalb können Sie die API nicht benutzen.</strong> Öffnen Sie Ihr Profil und wählen Sie <em>Generieren</em>. Sie erhalten eine Client-ID und ein Client-Secret, das nur einmal angezeigt wird.
home-get-key = API-Schlüssel holen
home-keys-lead = Jeder Schlüssel trägt Ihre Berechtigungen. In Ihrem Profil können Sie weitere Schlüssel generieren, sehen, wann jeder zuletzt benutzt wurde, und löschen, was Sie nicht mehr brauchen.
home-next-to-expire = Nächster Ablauf
home-manage-keys = API-Schlüssel verwalten
home-call = Die API aufrufen
home-base-url = Basis-URL der API
home-base-url-copied = Basis-URL der API kopiert
home-copy-base-url = Kopieren<span class="visually-hidden">: Basis-URL der API</span>
home-get-token = Ein Zugriffstoken holen
home-get-token-lead = Nehmen Sie die Client-ID eines Ihrer Schlüssel; curl fragt nach dem Client-Secret dazu. Die Antwort enthält ein Zugriffstoken, das kurze Zeit gilt.
home-token-command-copied = Befehl für das Token kopiert
home-copy-token-command = Kopieren<span class="visually-hidden">: Befehl für das Token</span>
home-send-token = Das Token bei jedem Aufruf mitsenden
home-send-token-lead = Dieser Aufruf zeigt, wer Sie für die API sind.
home-call-command-copied = Befehl für den Aufruf kopiert
home-copy-call-command = Kopieren<span class="visually-hidden">: Befehl für den Aufruf</span>
home-activity = Was mit Ihren Schlüsseln getan wird, steht unter <a href="/activity">Aktivität</a>.

## Das Profilfenster

profile-heading = Profil
profile-account-settings = Kontoeinstellungen

## Der Bereich API-Client

panel-heading = API-Client
panel-lead = { $days ->
    [one] Generieren Sie einen API-Schlüssel aus Client-ID und Client-Secret, um die API aus Ihren eigenen Programmen und Werkzeugen zu benutzen. Er gilt { $days } Tag, wenn Sie nichts anderes wählen.
   *[other] Generieren Sie einen API-Schlüssel aus Client-ID und Client-Secret, um die API aus Ihren eigenen Programmen und Werkzeugen zu benutzen. Er gilt { $days } Tage, wenn Sie nichts anderes wählen.
}
panel-permissions = Ein Schlüssel trägt <strong>alle Ihre Berechtigungen</strong>. Geben Sie ihn nicht weiter: Alles, was mit ihm getan wird, wird unter Ihrem Namen protokolliert.
panel-used-deleted = Dieses Formular wurde schon benutzt. Es hat den API-Schlüssel <code>{ $client-id }</code> generiert, der inzwischen gelöscht wurde.
panel-used-deleted-next = Ein zweiter Schlüssel wurde nicht generiert. Für einen neuen Schlüssel nehmen Sie unten <em>Generieren</em>.
panel-used = Dieses Formular wurde schon benutzt. Es hat den API-Schlüssel <code>{ $client-id }</code> generiert, dessen Secret nicht noch einmal angezeigt werden kann. Ein zweiter Schlüssel wurde nicht generiert.
panel-used-next = Wenn Sie das Secret nicht gespeichert haben, löschen Sie diesen Schlüssel und nehmen Sie dann unten <em>Generieren</em>, um einen neuen zu erhalten.
panel-delete-this = Diesen Schlüssel löschen
panel-deleted = API-Schlüssel gelöscht
panel-replace = Ersatz generieren
panel-replace-hint = Mit derselben Gültigkeitsdauer.
panel-replace-hint-name = Mit demselben Namen („{ $name }“) und derselben Gültigkeitsdauer.
panel-name = Name (freiwillig)
panel-lifetime = Gültigkeitsdauer
panel-until-date = Bis zu einem Datum
panel-expires-on = Ablaufdatum (wenn „Bis zu einem Datum“ gewählt ist)
panel-generate = Generieren
panel-generating = Wird generiert …
panel-deleting = Wird gelöscht …
panel-generated = API-Schlüssel generiert
panel-new-key = Ihr neuer API-Schlüssel
panel-new-key-name = Ihr neuer API-Schlüssel: { $name }
panel-secret-warning = <strong>Kopieren Sie das Client-Secret jetzt und bewahren Sie es an einem sicheren Ort auf.</strong> Niemand kann es Ihnen noch einmal zeigen, sobald Sie dieses Fenster schließen oder verlassen.
panel-copy-client-id = Client-ID kopieren
panel-client-id-copied = Client-ID kopiert
panel-copy-client-secret = Client-Secret kopieren
panel-client-secret-copied = Client-Secret kopiert
panel-variables = Beide als Umgebungsvariablen, für eine Datei wie <code>.env</code>:
panel-copy-both = Beide als Umgebungsvariablen kopieren
panel-both-copied = Beide als Umgebungsvariablen kopiert
panel-download = Als .env-Datei herunterladen
panel-downloaded = Heruntergeladen als { $file }
panel-valid-until = Gültig bis { $time }. So holen Sie damit ein Zugriffstoken (curl fragt nach dem Client-Secret):
panel-copy-command = Befehl kopieren
panel-command-copied = Befehl kopiert
panel-unsaved-heading = Ohne Kopieren schließen?
panel-unsaved-replace-heading = Ohne Kopieren fortfahren?
panel-unsaved = Das Client-Secret von <code>{ $client-id }</code> wurde weder kopiert noch heruntergeladen. Niemand kann es Ihnen noch einmal zeigen, und ohne das Secret kann der Schlüssel nicht benutzt werden.
panel-keep-open = Offen lassen
panel-close-anyway = Ohne Kopieren schließen
panel-replace-anyway = Ohne Kopieren fortfahren
panel-credentials-hint = Wird ausgefüllt, wenn Sie einen Schlüssel generieren. Das Client-Secret wird nur einmal angezeigt; halten Sie sich bereit, es zu kopieren.
panel-bad-lifetime = Wählen Sie eine Gültigkeitsdauer oder ein Datum wie 2027-01-31.
panel-date-passed = Das Ablaufdatum ist vorbei. Wählen Sie ein späteres.
panel-lifetime-too-long = { $days ->
    [one] Ein Schlüssel kann höchstens { $days } Tag gelten. Wählen Sie eine kürzere Gültigkeitsdauer.
   *[other] Ein Schlüssel kann höchstens { $days } Tage gelten. Wählen Sie eine kürzere Gültigkeitsdauer.
}
panel-name-too-long = Der Name ist zu lang. Nehmen Sie höchstens { $length } Zeichen.
panel-name-unreadable = Der Name hat Zeichen, die nicht angezeigt werden können.

## Die Tabelle der API-Schlüssel

grid-heading = API-Schlüssel
grid-empty = Sie haben noch keine API-Schlüssel. Mit einem Schlüssel können Ihre eigenen Programme und andere Werkzeuge die API mit Ihren Berechtigungen benutzen, ohne Ihr Passwort. Wählen Sie oben <em>Generieren</em>, um einen zu erhalten.
grid-last-30-days = Letzte 30 Tage
grid-no-uses = Nicht benutzt
grid-expires = Läuft { $days ->
    [0] heute
    [1] morgen
   *[other] in { $days } Tagen
} ab

## Einen eigenen Schlüssel löschen

delete-consequence = Das kann nicht rückgängig gemacht werden. Programme, die diesen Schlüssel benutzen, erhalten mit ihm keinen Zugang mehr.
delete-last-valid = <strong>Das ist Ihr letzter gültiger Schlüssel. Sie können die API nicht benutzen, bis Sie einen neuen generieren.</strong>

## Das Bild der Benutzungen

uses-summary = { $uses ->
    [one] { $uses } Benutzung in den letzten { $days } Tagen, { $refused } abgelehnt
   *[other] { $uses } Benutzungen in den letzten { $days } Tagen, { $refused } abgelehnt
}
uses-paragraph = { $summary }.
uses-paragraph-most = { $summary }. Am meisten: { $uses } am { $day }.
uses-heading-all = Benutzungen der API-Schlüssel in den letzten 30 Tagen
uses-heading-one = Benutzungen dieses API-Schlüssels in den letzten 30 Tagen
uses-today = Heute
uses-hint = Die Tage richten sich nach UTC. Über der Linie stehen erlaubte Benutzungen, darunter abgelehnte, im selben Maßstab.
uses-numbers = Die Zahlen
uses-by-day = Benutzungen nach Tagen
uses-day = Tag

## Aktivität

activity-heading = Aktivität
activity-heading-everybody = Aktivität aller Benutzer
activity-lead = Was Sie hier getan haben und was mit Ihren API-Schlüsseln getan wurde, das Neueste zuerst.
activity-lead-everybody = Was alle hier getan haben und was mit allen API-Schlüsseln getan wurde, das Neueste zuerst. Auch Versuche, die keinen bekannten API-Schlüssel oder Benutzer nennen, stehen hier.
activity-whose = Wessen Aktivität
activity-mine = Meine Aktivität
activity-key-client-id = API-Schlüssel (Client-ID)
activity-from = Von
activity-to = Bis
activity-events = Ereignisse
activity-filtered-events = Gefilterte Ereignisse
activity-nothing-fits = Nichts im Protokoll passt zu diesen Filtern.
activity-nothing-older = Es gibt nichts Älteres.
activity-nothing = Hier ist nichts verzeichnet. Anmeldungen, Änderungen an Ihren API-Schlüsseln und jede ihrer Benutzungen erscheinen auf dieser Seite.
activity-as-file = Alle diese Ereignisse als Datei, das älteste zuerst:
activity-csv = CSV für Tabellenprogramme
activity-json-lines = JSON Lines für Programme
activity-no-key-named = Keiner
activity-nobody = Niemand
activity-done-by = Getan von { $user }
activity-newest = Neueste
activity-older = Ältere
activity-command-line = Befehlszeile
activity-this-server = Dieser Server
activity-key-note = – { $name }
activity-key-note-deleted = – { $name } (gelöscht)
activity-key-deleted = (gelöscht)
activity-no-user = Es gibt keinen Benutzer dieses Namens. Prüfen Sie die Schreibweise.
activity-no-key = Diesen API-Schlüssel gibt es hier nicht. Wählen Sie einen anderen oder keinen.
activity-bad-date = Schreiben Sie ein Datum als Jahr, Monat und Tag, zum Beispiel 2026-11-24.
activity-days-swapped = Der letzte Tag liegt vor dem ersten. Wählen Sie einen späteren.
activity-bad-outcome = Wählen Sie eines der Ergebnisse.

## Was getan wurde

event-sign-in = Angemeldet
event-sign-out = Abgemeldet
event-change-password = Passwort geändert
event-end-sessions = Sitzungen beendet
event-generate-key = API-Schlüssel generiert
event-delete-key = API-Schlüssel gelöscht
event-issue-token = Zugriffstoken geholt
event-use-api = API benutzt
event-check = Am Gateway geprüft
event-introspect = Nach einem Token gefragt
event-introspected = Nach dem Token wurde gefragt
event-revoke-token = Zugriffstoken widerrufen
event-rotate-signing-key = Neuer Signaturschlüssel
event-add-role = Rolle hinzugefügt
event-edit-role = Rolle geändert
event-delete-role = Rolle gelöscht
event-add-user = Konto hinzugefügt
event-edit-user = Konto geändert
event-disable-user = Konto deaktiviert
event-enable-user = Konto aktiviert
event-set-password = Einmalpasswort gesetzt
event-other = Anderes

## Warum es abgelehnt wurde

reason-unknown = Kein solcher API-Schlüssel oder Benutzer
reason-wrong-password = Falsches Passwort
reason-wrong-secret = Falsches Client-Secret
reason-user-disabled = Konto deaktiviert
reason-key-expired = API-Schlüssel abgelaufen
reason-key-deleted = API-Schlüssel gelöscht
reason-token-expired = Zugriffstoken abgelaufen
reason-token-invalid = Zugriffstoken ungültig
reason-token-revoked = Zugriffstoken wurde widerrufen
reason-token-of-another-key = Zugriffstoken eines anderen API-Schlüssels
reason-permission-missing = Berechtigung fehlt
reason-unsupported-grant-type = Falscher Grant-Typ
reason-invalid-scope = Mehr verlangt, als der Eigentümer hat
reason-invalid-request = Fehlerhafte Anfrage
reason-holds-more = Hat eine Berechtigung, die der Anfragende nicht hatte
reason-grants-more = Vergibt eine Berechtigung, die der Anfragende nicht hatte
reason-own-account = Nicht für das eigene Konto
reason-last-administrator = Letzter aktiver Administrator
reason-built-in-role = Eingebaute Rolle
reason-role-in-use = Rolle hat Benutzer
reason-other = Anderes

## Was das Protokoll sonst noch sagt

detail-list = { $first }; { $rest }
detail-named = { $name }: { $changes }
detail-display-name = Anzeigename
detail-email = E-Mail
detail-description = Beschreibung
detail-language = Sprache
detail-time-zone = Zeitzone
detail-signs-at-once = signiert sofort, frühere Tokens enden
detail-signs-later = signiert nach fünf Minuten
detail-roles = Rollen: { $changes }
detail-added = hinzugefügt { $names }
detail-removed = entfernt { $names }
detail-added-and-removed = hinzugefügt { $added }, entfernt { $removed }
detail-sessions-ended = { $others ->
    [one] { $others } andere Sitzung beendet
   *[other] { $others } andere Sitzungen beendet
}
detail-session = 1 Sitzung: { $browser }, { $address }
detail-as-it-is = { $text }

## Schlüssel aller

keys-heading = Alle API-Schlüssel
keys-lead = Die API-Schlüssel aller Benutzer.
keys-deleted = Der API-Schlüssel <code>{ $client-id }</code> von { $owner } wurde gelöscht. Er kann nicht mehr benutzt werden.
keys-own-only = Niemand kann einen Schlüssel für jemand anderen generieren. Ein API-Schlüssel erbt alle Berechtigungen des Benutzers, der ihn erzeugt. Deshalb sollen Systemadministratoren keine API-Schlüssel für andere Benutzer erzeugen; das soll jeder Benutzer selbst tun, im Profilfenster.
keys-owner-filter = Eigentümer (Benutzername beginnt mit)
keys-only = Benutzung und Ablauf
keys-never-used = Nie benutzt
keys-expires-soon = Läuft in den nächsten { $days } Tagen ab
keys-unused = Seit { $days } Tagen unbenutzt
keys-too-many-owners = Mehr als 100 Benutzernamen beginnen so: Die Liste enthält die Schlüssel der ersten 100. Geben Sie mehr von dem Namen ein, um andere zu sehen.
keys-filtered = Gefilterte API-Schlüssel
keys-nothing-fits = Kein API-Schlüssel passt zu diesen Filtern.
keys-no-more = Es gibt keine weiteren API-Schlüssel.
keys-none = Noch niemand hat einen API-Schlüssel.
keys-delete-owner = Eigentümer: { $owner }
keys-delete-told = Der Eigentümer sieht unter Aktivität, dass Sie den Schlüssel gelöscht haben.
keys-bad-status = Diesen Status gibt es nicht. Gehen Sie zurück und wählen Sie einen anderen.
keys-bad-concern = Diese Auswahl von Schlüsseln gibt es nicht. Gehen Sie zurück und wählen Sie eine andere.

## Benutzer

users-add = Benutzer hinzufügen
users-search = Suche
users-search-hint = Der Anfang eines Namens, eines Benutzernamens oder einer E-Mail-Adresse.
users-sort = Sortieren nach
users-show = Anzeigen
users-no-more = Es gibt keine weiteren Benutzer.
users-nobody = Kein Benutzer passt zu dieser Suche. Suchen Sie nach dem Anfang eines Wortes, oder löschen Sie die Filter.
users-valid-keys = Gültige Schlüssel
users-suspended = { $count } gesperrt
users-sort-username = Benutzername, A bis Z
users-sort-username-reverse = Benutzername, Z bis A
users-sort-display-name = Anzeigename, A bis Z
users-sort-display-name-reverse = Anzeigename, Z bis A
users-sort-email = E-Mail, A bis Z
users-sort-email-reverse = E-Mail, Z bis A
users-sort-last-sign-in = Letzte Anmeldung, älteste zuerst
users-sort-last-sign-in-reverse = Letzte Anmeldung, neueste zuerst
users-sort-updated = Geändert, älteste zuerst
users-sort-updated-reverse = Geändert, neueste zuerst

## Einen Benutzer hinzufügen und bearbeiten

user-username-hint = Zum Anmelden. Buchstaben ohne Akzente und Umlaute, Ziffern und . _ @ + -; er kann später nicht geändert werden.
user-password-hint = Der Benutzer erhält ein Einmalpasswort. Sie sehen es einmal, auf der nächsten Seite.
user-display-name-hint = Der Name, den Menschen lesen. Ist das Feld leer, wird der Benutzername angezeigt.
user-email = E-Mail (freiwillig)
user-own-roles = Ihre eigenen Rollen kann nur ein anderer Administrator ändern.
user-all = Alle Benutzer
user-about = Über { $user }
user-keys = { $valid } gültig
user-keys-suspended = { $valid } gültig, { $suspended } gesperrt
user-id = ID für Programme
user-edit = Bearbeiten
user-permissions = Wirksame Berechtigungen
user-no-permissions = { $user } hat keine Berechtigungen.
user-permissions-lead = Was { $user } und die API-Schlüssel von { $user } jetzt dürfen, durch alle Rollen zusammen.
user-permission = Berechtigung
user-what-for = Wofür sie ist
user-through = Durch
user-of-your-apis = Gehört zu Ihren APIs
user-access = Zugang
user-password-lead = Mit einem Einmalpasswort kann sich { $user } wieder anmelden, wenn das Passwort vergessen wurde.
user-set-password = Einmalpasswort setzen
user-disable-lead = Das Deaktivieren beendet sofort alle Browsersitzungen und sperrt die API-Schlüssel. Es lässt sich rückgängig machen.
user-disable = Benutzer deaktivieren
user-enable-lead = Nach dem Aktivieren kann sich { $user } wieder anmelden, und die API-Schlüssel, die nicht abgelaufen sind, gelten wieder.
user-enable = Benutzer aktivieren
user-changed = { $user } wurde geändert.
user-unchanged = Nichts geändert: { $user } hatte diese Angaben bereits.
user-disabled = { $user } ist jetzt deaktiviert.
user-disabled-already = { $user } war bereits deaktiviert.
user-enabled = { $user } ist jetzt aktiviert.
user-enabled-already = { $user } war bereits aktiviert.
user-bad-username = Das kann kein Benutzername sein. Nehmen Sie 1 bis 64 Buchstaben (ohne Akzente und Umlaute), Ziffern oder die Zeichen . _ @ + -, am Anfang einen Buchstaben oder eine Ziffer. Die Namen „me“ und „all“ sind reserviert.
user-display-name-too-long = Der Anzeigename ist zu lang. Nehmen Sie höchstens { $length } Zeichen.
user-display-name-unreadable = Der Anzeigename hat Zeichen, die nicht angezeigt werden können.
user-bad-email = Das ist keine E-Mail-Adresse. Geben Sie eine wie ada@example.com ein, oder keine.
user-form-used = Dieses Formular wurde schon benutzt. Es hat den Benutzer { $user } hinzugefügt, dessen Einmalpasswort nicht noch einmal angezeigt werden kann. Wenn Sie es nicht notiert haben, setzen Sie auf der Seite von { $user } ein neues.
user-conflict-disabled = Der Benutzer ist jetzt deaktiviert.

## Was inzwischen jemand anders geändert hat

conflict-lead = <strong>Jemand anders hat etwas geändert, während Sie bearbeitet haben.</strong> Von Ihnen ist noch nichts gespeichert.
conflict-next = Sehen Sie das Formular durch und speichern Sie dann noch einmal: Das ersetzt, was der andere gespeichert hat.
conflict-display-name = Der Anzeigename ist jetzt { $saved }; Sie haben { $typed }.
conflict-email = Die E-Mail-Adresse ist jetzt { $saved }; Sie haben { $typed }.
conflict-description = Die Beschreibung ist jetzt { $saved }; Sie haben { $typed }.
conflict-roles = Die Rollen sind jetzt: { $saved }; Sie haben: { $typed }.
conflict-role-has = Die Rolle hat jetzt { $permissions }; Ihr Formular nicht.
conflict-role-has-not = Die Rolle hat { $permissions } jetzt nicht; Ihr Formular schon.
conflict-same = Was jetzt gespeichert ist, steht auch in Ihrem Formular.
conflict-quoted = „{ $text }“
conflict-empty = leer
conflict-no-roles = keine

## Bevor ein Benutzer deaktiviert oder aktiviert wird oder ein Einmalpasswort erhält

confirm-disable = Deaktivieren
confirm-enable = Aktivieren
confirm-set-password = Passwort setzen
confirm-keys-suspended = { $keys ->
    [0] { $user } hat keinen gültigen API-Schlüssel.
    [one] { $keys } gültiger API-Schlüssel wird gesperrt. Programme, die ihn benutzen, werden ab der nächsten Anfrage abgelehnt.
   *[other] { $keys } gültige API-Schlüssel werden gesperrt. Programme, die sie benutzen, werden ab der nächsten Anfrage abgelehnt.
}
confirm-signed-out = { $name } wird überall abgemeldet und kann sich nicht anmelden, bis das Konto wieder aktiviert wird.
confirm-keys-restored = { $keys ->
    [0] { $user } hat keinen gesperrten API-Schlüssel.
    [one] { $keys } gesperrter API-Schlüssel gilt wieder.
   *[other] { $keys } gesperrte API-Schlüssel gelten wieder.
}
confirm-can-sign-in = { $name } kann sich wieder mit demselben Passwort wie zuvor anmelden.
confirm-password-replaced = Das Passwort von { $name } wird durch ein neues ersetzt, das Sie einmal sehen und das bei der nächsten Anmeldung geändert werden muss.
confirm-sessions-end = Alle Browsersitzungen enden. Die API-Schlüssel gelten weiter.

## Das Einmalpasswort

one-time-heading = Einmalpasswort
one-time-added = { $user } wurde hinzugefügt
one-time-set = { $user } hat ein neues Einmalpasswort
one-time-warning = <strong>Notieren Sie das Einmalpasswort jetzt und übergeben Sie es auf sicherem Weg.</strong> Niemand kann es noch einmal anzeigen, sobald Sie diese Seite verlassen. Es muss bei der nächsten Anmeldung geändert werden.
one-time-copy = Einmalpasswort kopieren
one-time-copied = Einmalpasswort kopiert
one-time-go-to = Zu { $user }
one-time-add-another = Weiteren Benutzer hinzufügen

## Rollen

roles-add = Rolle hinzufügen
roles-lead = Eine Rolle ist eine Menge von Berechtigungen. Benutzer haben die Berechtigungen aller ihrer Rollen, ebenso ihre API-Schlüssel.
roles-users-with = { $count }<span class="visually-hidden"> mit der Rolle { $role }</span>
roles-edit-one = Bearbeiten<span class="visually-hidden">: { $role }</span>
roles-built-in = Eingebaut
roles-edit = Rolle { $role } bearbeiten
roles-in-use = { $users ->
    [one] { $users } Benutzer hat diese Rolle. Eine Änderung gilt für dessen API-Schlüssel und Token ab der nächsten Anfrage.
   *[other] { $users } Benutzer haben diese Rolle. Eine Änderung gilt für ihre API-Schlüssel und Token ab der nächsten Anfrage.
}
roles-name-hint = Kleinbuchstaben ohne Akzente und Umlaute, Ziffern, - und _; er kann später nicht geändert werden.
roles-description = Beschreibung (freiwillig)
roles-about = { $description }
roles-administrator = Verwaltet Benutzer, Rollen und Schlüssel
roles-member = Meldet sich an und generiert API-Schlüssel
roles-free = Berechtigungen Ihrer APIs
roles-free-hint = Zum Beispiel <code>journals:read</code>, eine je Zeile oder durch Leerzeichen getrennt. Sie sind der Scope der Zugriffstoken; was sie bedeuten, bestimmen Ihre APIs.
roles-built-in-permissions = Berechtigungen von { $instance } selbst
roles-not-yours = Sie können sie nicht vergeben, weil Sie sie selbst nicht haben.
roles-delete = Rolle löschen
roles-delete-lead = Kein Benutzer hat diese Rolle. Das kann nicht rückgängig gemacht werden.
roles-added = Die Rolle { $role } wurde hinzugefügt.
roles-changed = Die Rolle { $role } wurde geändert.
roles-unchanged = Nichts geändert: Die Rolle { $role } hatte diese Angaben bereits.
roles-deleted = Die Rolle { $role } wurde gelöscht.
roles-bad-name = Das kann kein Name einer Rolle sein. Nehmen Sie 1 bis 64 Kleinbuchstaben (ohne Akzente und Umlaute), Ziffern, - oder _.
roles-description-too-long = Die Beschreibung ist zu lang. Nehmen Sie höchstens { $length } Zeichen.
roles-description-unreadable = Die Beschreibung hat Zeichen, die nicht angezeigt werden können.
roles-bad-permission = „{ $permission }“ kann keine Berechtigung sein. Geben Sie Berechtigungen wie journals:read ein, aus höchstens 128 sichtbaren ASCII-Zeichen ohne " und \, eine je Zeile oder durch Leerzeichen getrennt.

## Die Berechtigungen dieses Programms

permission-users-read = Alle Benutzer, ihre Rollen und Berechtigungen sehen.
permission-users-write = Benutzer hinzufügen und bearbeiten, ihnen Rollen geben, sie deaktivieren und aktivieren, Einmalpasswörter setzen.
permission-roles-read = Alle Rollen und ihre Berechtigungen sehen.
permission-roles-write = Rollen hinzufügen, bearbeiten und löschen und Benutzern die Berechtigungen Ihrer APIs geben.
permission-keys-read = Die API-Schlüssel aller Benutzer sehen, nie ihre Secrets.
permission-keys-delete = Die API-Schlüssel anderer Benutzer löschen.
permission-audit-read = Die Aktivität aller Benutzer lesen.
permission-tokens-introspect = Fragen, wofür ein Zugriffstoken steht: für eine API, die Token prüft.

## Warum eine Änderung nicht gemacht wird

refusal-no-such-user = Diesen Benutzer gibt es nicht.
refusal-no-such-role = Es gibt keine Rolle { $role }.
refusal-username-taken = Es gibt schon einen Benutzer { $user }. Wählen Sie einen anderen Benutzernamen.
refusal-role-name-taken = Es gibt schon eine Rolle { $role }. Wählen Sie einen anderen Namen.
refusal-permission-missing = Dafür ist die Berechtigung { $permission } nötig.
refusal-holds-more = Das kann nur ändern, wer die Berechtigung { $permission } hat, weil dieser Benutzer oder diese Rolle sie hat.
refusal-grants-more = Sie können die Berechtigung { $permission } nicht vergeben, weil Sie sie selbst nicht haben.
refusal-grants-free = Sie können die Rolle { $role } nicht vergeben: Sie enthält Berechtigungen Ihrer APIs, die nur vergeben kann, wer { $permission } hat.
refusal-disables-yourself = Sie können sich nicht selbst deaktivieren. Ein anderer Administrator kann es.
refusal-own-roles = Sie können Ihre eigenen Rollen nicht ändern. Ein anderer Administrator kann es.
refusal-own-password = Sie können für sich selbst kein Einmalpasswort setzen. Ein anderer Administrator kann es.
refusal-last-administrator = Das ist der letzte aktive Administrator. Machen Sie zuerst jemand anderen zum Administrator, damit noch jemand Benutzer und Rollen verwalten kann.
refusal-built-in-role = Diese Rolle ist eingebaut. Sie kann weder bearbeitet noch gelöscht werden.
refusal-role-in-use = Diese Rolle hat Benutzer. Entziehen Sie sie zuerst allen.
refusal-outdated = Jemand anders hat inzwischen etwas geändert.
refusal-form-used = Dieses Formular wurde schon benutzt, oder Passwort oder Status dieses Benutzers haben sich geändert, nachdem es gezeigt wurde. Jetzt wurde nichts geändert.

## Fehler

error-status = Fehler { $status }
error-go-home = Zur Startseite
error-sign-in = Anmelden
error-sign-in-again = Neu anmelden
error-try-again = Noch einmal versuchen
error-session-ended = Ihre Sitzung ist beendet
error-session-ended-text = Melden Sie sich neu an, um fortzufahren. Nichts wurde geändert.
error-session-ended-kept = Nichts wurde geändert. Melden Sie sich neu an; was Sie eingegeben haben, ist dann wieder da.
error-not-allowed = Nicht erlaubt
error-not-allowed-text = Sie brauchen dafür die Berechtigung { $permission }. Wenn Sie sie haben sollten, fragen Sie Ihren Administrator. Nichts wurde geändert.
error-not-found = Nicht gefunden
error-not-found-text = Hier ist nichts, oder nichts, was Sie sehen dürfen.
error-failed = Das hat nicht geklappt
error-method = Diese Adresse kann so nicht benutzt werden.
error-too-slow = Das hat zu lange gedauert
error-too-slow-text = Was Sie gesendet haben, ist nicht innerhalb von { $seconds } Sekunden angekommen. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.
error-too-large = Zu viel Text
error-too-large-text = Was gesendet wurde, ist größer, als dieses Formular erlaubt.
error-cross-origin = Nicht von hier
error-cross-origin-text = Diese Anfrage kam von einer anderen Website und wurde deshalb abgelehnt. Nichts wurde geändert.
error-busy = Viel Andrang
error-busy-text = Der Server hat gerade zu viel zu tun. Versuchen Sie es gleich noch einmal.
error-unavailable = Gerade nicht verfügbar
error-unavailable-text = Der Server kommt nicht an seine Daten. Versuchen Sie es gleich noch einmal; wenn es so bleibt, sagen Sie es Ihrem Administrator.
error-internal = Etwas ist schiefgegangen
error-internal-text = Der Fehler liegt bei uns. Versuchen Sie es noch einmal; wenn es wieder geschieht, sagen Sie es Ihrem Administrator.
error-unreadable = Die Anfrage konnte nicht gelesen werden.
error-form-unreadable = Das Formular konnte nicht gelesen werden. Gehen Sie zurück und versuchen Sie es noch einmal.
error-field-missing = Ein Feld fehlt oder ist zweimal da. Gehen Sie zurück und versuchen Sie es noch einmal.
error-form-incomplete = Dieses Formular ist nicht vollständig. Gehen Sie zurück und versuchen Sie es noch einmal.
error-panel-incomplete = Dieses Formular ist nicht vollständig. Öffnen Sie Ihr Profil und versuchen Sie es noch einmal.
error-panel-of-another = Dieses Formular gehört jemand anderem. Öffnen Sie Ihr Profil und versuchen Sie es noch einmal.
error-nul = Die Adresse dieser Seite hat ein Zeichen, das dort nicht erlaubt ist.
form-not-sent = Ihre Sitzung war beendet. Nichts wurde geändert. Was Sie eingegeben haben, ist noch da: Prüfen Sie es und senden Sie es dann ab.
