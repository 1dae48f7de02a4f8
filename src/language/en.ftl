# English. The texts are HTML: see src/language/mod.rs. Terms are those of the RFCs.

## Numbers, dates and times

language-tag = en
number = { $number }
date = { $day } { $month } { $year }
month-january = January
month-february = February
month-march = March
month-april = April
month-may = May
month-june = June
month-july = July
month-august = August
month-september = September
month-october = October
month-november = November
month-december = December
days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}

## Words that several pages use

common-api-key = API key
common-api-keys = API keys
common-client-id = Client ID
common-client-secret = Client secret
common-username = Username
common-display-name = Display name
common-name = Name
common-email = E-mail
common-role = Role
common-roles = Roles
common-permissions = Permissions
common-users = Users
common-user = User
common-owner = Owner
common-description = Description
common-status = Status
common-created = Created
common-expiration-date = Expiration date
common-last-used = Last used
common-from-address = from { $address }
common-last-sign-in = Last sign-in
common-updated = Updated
common-actions = Actions
common-address = Address
common-action = Action
common-outcome = Outcome
common-request = Request
common-time = Time
common-none = None
common-no-name = No name
common-never = Never
common-all = All
common-copy = Copy
common-delete = Delete
common-cancel = Cancel
common-close = Close
common-filter = Filter
common-clear-filters = Clear filters
common-save-changes = Save changes
common-pages = Pages
common-first-page = First page
common-next-page = Next page
common-delete-key = Delete API key
common-delete-one = Delete { $what }
common-error = Error:
common-allowed = Allowed
common-refused = Refused
common-key-deleted = API key <code>{ $client-id }</code> was deleted. It can no longer be used.

## What every page has

layout-skip = Skip to the content
layout-sign-out = Sign out
layout-profile = Profile
layout-navigation = Main
layout-home = Home
layout-activity = Activity

## What scripts say

script-copy-refused = Your browser did not allow copying. The text is selected: copy it with the keyboard.
script-server-error = The server could not do this (error { $status }). Try again later.
script-too-many-requests = There were too many requests. Nothing was done. Try again in a moment.
script-too-many-requests-until = There were too many requests. Nothing was done. Try again in { $time }.
script-unreachable = The server could not be reached. It is safe to try again.
script-no-answer = The server did not answer. It is safe to try again.
script-password-unsure = The server did not answer. Perhaps the password was changed: if the old one is refused, use the new one.
script-waiting = Please wait…
script-stayed = You stay signed in

## The status of a key or a user

status-valid = Valid
status-suspended = Suspended
status-expired = Expired
status-active = Active
status-inactive = Inactive

## The end of a session

session-idle-heading = Stay signed in?
session-last-heading = Your session ends soon
session-ended-heading = Your session has ended
session-idle = Nothing has been done here for a while. You will be signed out in <strong data-session-left></strong>.
session-last = You signed in a long time ago. Your session ends in <strong data-session-left></strong>, even if you go on. Finish what you are doing, then sign in again.
session-ended = Sign in again to go on. You will come back to this page.
session-sign-out = Sign out now
session-stay = Stay signed in
session-go-on = Go on
session-not-now = Not now
session-sign-in = Sign in again

## Sign-in

sign-in-heading = Sign in
sign-in-password = Password
sign-in-kept = Your session has ended. Sign in, and what you typed will be there again.
sign-in-reveal = Show what is typed
sign-in-refused = The username or the password is wrong, or the account is disabled.
sign-in-limited = { $minutes ->
    [one] There were too many failed attempts. Try again in { $minutes } minute.
   *[other] There were too many failed attempts. Try again in { $minutes } minutes.
}

## Passwords

password-choose = Choose a new password
password-choose-lead = You signed in with a one-time password. Replace it now to go on: it will not work again once you have chosen your own.
password-new = New password
password-repeated = Repeat new password
password-hint = At least { $length } characters. Any characters are allowed, spaces too; use some that you can type on every device.
password-save = Save password
password-differ = The two passwords differ. Type the same one twice.
password-is-one-time = This is the one-time password. Choose another one.
password-too-short = The password is too short. Use at least { $length } characters, for example a few unrelated words.
password-too-long = The password is too long. Use at most { $length } characters.
password-unknown-character = The password has a character that not every device knows. Leave it out.
password-leaked = This password is known from a data leak, so attackers try it first. Choose another one, for example a few unrelated words.
password-named = The password contains your username or the name of this service. Leave it out, or use at least { $length } characters besides it.
password-guessable = The password is easy to guess: it is made of common words or names, a repetition, a sequence or a row of keys. Choose another one, for example a few unrelated words.

## Account settings

account-heading = Account settings
account-change-password = Change password
account-change-password-lead = Your other sessions end when you change your password. API keys keep working.
account-current-password = Current password
account-sessions = Sessions
account-sessions-lead = Where you are signed in. End any session that is not yours, then change your password.
account-browser = Browser
account-began = Started
account-this-session = This session
account-end = End
account-end-one = End session { $number }, { $browser }
account-end-others = End all other sessions
account-other-sessions = { $others ->
    [one] { $others } other session
   *[other] { $others } other sessions
}
account-password-changed = Your password was changed.
account-password-changed-elsewhere = { $others ->
    [one] Your password was changed. { $others } other session ended: sign in there again with the new password.
   *[other] Your password was changed. { $others } other sessions ended: sign in there again with the new password.
}
account-session-ended = Session ended: { $browser }.
account-session-gone = That session had already ended.
account-no-other-session = There was no other session any more.
account-others-ended = { $others ->
    [one] { $others } other session ended.
   *[other] { $others } other sessions ended.
}
account-wrong-password = The current password is wrong. Nothing was changed.
account-new-passwords-differ = The two new passwords differ. Type the same one twice.
account-same-password = This is the current password. Choose another one.
account-browser-on = { $browser } on { $system }
account-browser-named = { $browser }
account-unknown-browser = Unknown browser
account-unknown-browser-on = Unknown browser on { $system }

## Language and time zone

reading-heading = Language and time zone
reading-lead = The language of the pages, and the time zone of the times they show. API answers, exported files and the record itself stay in English and in UTC.
reading-language = Language
reading-zone = Time zone
reading-by-browser = Same as your browser
reading-save = Save language and time zone
reading-saved = Your language and time zone were saved.
reading-unchanged = Nothing changed: these were already your settings.
reading-bad-choice = There is no such language or time zone here. Choose another one.

## Home

home-heading = Get access to the API
home-signed-in = You are signed in as { $name }.
home-expiring-name = <strong>Your API key { $name } expires { $days ->
    [0] today
    [1] tomorrow
   *[other] in { $days } days
}.</strong> Programs that use it have no access from then on, unless you give them a new one.
home-expiring-id = <strong>Your API key <code>{ $client-id }</code> expires { $days ->
    [0] today
    [1] tomorrow
   *[other] in { $days } days
}.</strong> Programs that use it have no access from then on, unless you give them a new one.
home-expiring-several = <strong>{ $count } of your API keys expire within { $within } days, the first of them { $days ->
    [0] today
    [1] tomorrow
   *[other] in { $days } days
}.</strong> Programs that use them have no access from then on, unless you give them new ones.
home-see-expiring = See what expires in your profile
home-keys = Your API keys
home-no-keys = <strong>You have no valid API key, so you cannot use the API.</strong> Open your profile and choose <em>Generate</em>. You get a client ID and a client secret, which is shown only once.
home-get-key = Get an API key
home-keys-lead = Every key carries your permissions. In your profile you can generate more keys, see when each was last used, and delete those you no longer need.
home-next-to-expire = Next to expire
home-manage-keys = Manage API keys
home-call = Call the API
home-base-url = API base URL
home-base-url-copied = API base URL copied
home-copy-base-url = Copy<span class="visually-hidden"> API base URL</span>
home-get-token = Get an access token
home-get-token-lead = Use the client ID of one of your keys; curl asks for its client secret. The answer holds an access token that is valid for a short time.
home-token-command-copied = Token command copied
home-copy-token-command = Copy<span class="visually-hidden"> token command</span>
home-send-token = Send the token with every call
home-send-token-lead = This call shows who you are to the API.
home-call-command-copied = Call command copied
home-copy-call-command = Copy<span class="visually-hidden"> call command</span>
home-activity = What is done with your keys is recorded under <a href="/activity">Activity</a>.

## The Profile window

profile-heading = Profile
profile-account-settings = Account settings

## The API Client panel

panel-heading = API Client
panel-lead = { $days ->
    [one] Generate an API key, made of a client ID and a client secret, to use the API from your own programs and tools. It is valid for { $days } day unless you choose otherwise.
   *[other] Generate an API key, made of a client ID and a client secret, to use the API from your own programs and tools. It is valid for { $days } days unless you choose otherwise.
}
panel-permissions = A key carries <strong>all your permissions</strong>. Do not share it: everything done with it is logged for you.
panel-used-deleted = This form was already used. It generated the API key <code>{ $client-id }</code>, which has since been deleted.
panel-used-deleted-next = No second key was generated. To get a new key, use <em>Generate</em> below.
panel-used = This form was already used. It generated the API key <code>{ $client-id }</code>, whose secret cannot be shown again. No second key was generated.
panel-used-next = If you did not save the secret, delete that key, then use <em>Generate</em> below to get a new one.
panel-delete-this = Delete this key
panel-deleted = API key deleted
panel-replace = Generate a replacement
panel-replace-hint = With the same lifetime.
panel-replace-hint-name = With the same name (“{ $name }”) and lifetime.
panel-name = Name (optional)
panel-lifetime = Lifetime
panel-until-date = Until a date
panel-expires-on = Expiration date (when “Until a date” is chosen)
panel-generate = Generate
panel-generating = Generating…
panel-deleting = Deleting…
panel-generated = API key generated
panel-new-key = Your new API key
panel-new-key-name = Your new API key: { $name }
panel-secret-warning = <strong>Copy the client secret now and keep it in a safe place.</strong> Nobody can show it to you again once you close or leave this window.
panel-copy-client-id = Copy client ID
panel-client-id-copied = Client ID copied
panel-copy-client-secret = Copy client secret
panel-client-secret-copied = Client secret copied
panel-variables = Both as environment variables, for a file such as <code>.env</code>:
panel-copy-both = Copy both as environment variables
panel-both-copied = Both copied as environment variables
panel-download = Download as .env file
panel-downloaded = Downloaded as { $file }
panel-valid-until = Valid until { $time }. To get an access token with it (curl asks for the client secret):
panel-copy-command = Copy command
panel-command-copied = Command copied
panel-unsaved-heading = Close without copying?
panel-unsaved-replace-heading = Go on without copying?
panel-unsaved = The client secret of <code>{ $client-id }</code> was neither copied nor downloaded. Nobody can show it to you again, and without it the key cannot be used.
panel-keep-open = Keep open
panel-close-anyway = Close without copying
panel-replace-anyway = Go on without copying
panel-credentials-hint = Filled in when you generate a key. The client secret is shown only once, so be ready to copy it.
panel-bad-lifetime = Choose a lifetime, or a date such as 2027-01-31.
panel-date-passed = The expiration date has passed. Choose a later one.
panel-lifetime-too-long = { $days ->
    [one] A key can live for at most { $days } day. Choose a shorter lifetime.
   *[other] A key can live for at most { $days } days. Choose a shorter lifetime.
}
panel-name-too-long = The name is too long. Use at most { $length } characters.
panel-name-unreadable = The name has characters that cannot be shown.

## The API Keys grid

grid-heading = API Keys
grid-empty = You have no API keys yet. A key lets your own programs and other tools use the API with your permissions, without your password. Choose <em>Generate</em> above to get one.
grid-last-30-days = Last 30 days
grid-no-uses = No uses
grid-expires = Expires { $days ->
    [0] today
    [1] tomorrow
   *[other] in { $days } days
}

## Deleting a key of one's own

delete-consequence = This action cannot be reversed. Programs that use this key can no longer get access with it.
delete-last-valid = <strong>This is your last valid key. You cannot use the API until you generate a new one.</strong>

## The picture of uses

uses-summary = { $uses ->
    [one] { $uses } use in the last { $days } days, { $refused } refused
   *[other] { $uses } uses in the last { $days } days, { $refused } refused
}
uses-paragraph = { $summary }.
uses-paragraph-most = { $summary }. Most: { $uses } on { $day }.
uses-heading-all = Uses of API keys in the last 30 days
uses-heading-one = Uses of this API key in the last 30 days
uses-today = Today
uses-hint = Each day is in UTC. Above the line are allowed uses, below it refused ones, to the same scale.
uses-numbers = The numbers
uses-by-day = Uses by day
uses-day = Day

## Activity

activity-heading = Activity
activity-heading-everybody = Everybody’s activity
activity-lead = What you did here and what was done with your API keys, newest first.
activity-lead-everybody = What anybody did here and what was done with any API key, newest first. Attempts that name no known API key or user are here, too.
activity-whose = Whose activity
activity-mine = My activity
activity-key-client-id = API key (client ID)
activity-from = From
activity-to = To
activity-events = Events
activity-filtered-events = Filtered events
activity-nothing-fits = Nothing in the record matches these filters.
activity-nothing-older = There is nothing older.
activity-nothing = Nothing is recorded here. Sign-ins, changes to your API keys and every use of them appear on this page.
activity-as-file = All of these events as a file, oldest first:
activity-csv = CSV for spreadsheets
activity-json-lines = JSON Lines for programs
activity-no-key-named = None
activity-nobody = Nobody
activity-done-by = Done by { $user }
activity-newest = Newest
activity-older = Older
activity-command-line = Command line
activity-this-server = This server
activity-key-note = – { $name }
activity-key-note-deleted = – { $name } (deleted)
activity-key-deleted = (deleted)
activity-no-user = There is no user with this name. Check how it is spelled.
activity-no-key = There is no such API key here. Choose another one, or none.
activity-bad-date = Write a date as year, month and day, such as 2026-11-24.
activity-days-swapped = The last day is before the first one. Choose a later one.
activity-bad-outcome = Choose one of the outcomes.

## What was done

event-sign-in = Signed in
event-sign-out = Signed out
event-change-password = Changed password
event-end-sessions = Ended sessions
event-generate-key = Generated API key
event-delete-key = Deleted API key
event-issue-token = Got access token
event-use-api = Used the API
event-check = Checked at the gateway
event-introspect = Asked about a token
event-introspected = Token was asked about
event-revoke-token = Revoked access token
event-rotate-signing-key = New signing key
event-add-role = Role added
event-edit-role = Role changed
event-delete-role = Role deleted
event-add-user = Account added
event-edit-user = Account changed
event-disable-user = Account disabled
event-enable-user = Account enabled
event-set-password = One-time password set
event-other = Other

## Why it was refused

reason-unknown = No such API key or user
reason-wrong-password = Wrong password
reason-wrong-secret = Wrong client secret
reason-user-disabled = Account disabled
reason-key-expired = API key expired
reason-key-deleted = API key deleted
reason-token-expired = Access token expired
reason-token-invalid = Access token not valid
reason-token-revoked = Access token was revoked
reason-token-of-another-key = Access token of another API key
reason-permission-missing = Permission missing
reason-unsupported-grant-type = Wrong grant type
reason-invalid-scope = Asked for more than the owner holds
reason-invalid-request = Malformed request
reason-holds-more = Holds a permission that whoever asked did not hold
reason-grants-more = Grants a permission that whoever asked did not hold
reason-own-account = Not for one's own account
reason-last-administrator = Last active administrator
reason-built-in-role = Built-in role
reason-role-in-use = Role has users
reason-other = Other

## What else the record says

detail-list = { $first }; { $rest }
detail-named = { $name }: { $changes }
detail-display-name = display name
detail-email = e-mail
detail-description = description
detail-language = language
detail-time-zone = time zone
detail-signs-at-once = signs at once, earlier tokens end
detail-signs-later = signs after five minutes
detail-roles = roles: { $changes }
detail-added = added { $names }
detail-removed = removed { $names }
detail-added-and-removed = added { $added }, removed { $removed }
detail-sessions-ended = { $others ->
    [one] { $others } other session ended
   *[other] { $others } other sessions ended
}
detail-session = 1 session: { $browser }, { $address }
detail-as-it-is = { $text }

## Everybody's keys

keys-heading = All API keys
keys-lead = The API keys of all users.
keys-deleted = API key <code>{ $client-id }</code> of { $owner } was deleted. It can no longer be used.
keys-own-only = Nobody can generate a key for somebody else. An API key inherits all permissions from the user creating it. That is why system administrators should not create API keys for other users, but each user should do it on their own, in the Profile window.
keys-owner-filter = Owner (username begins with)
keys-only = Use and expiry
keys-never-used = Never used
keys-expires-soon = Expires within { $days } days
keys-unused = Unused for { $days } days
keys-too-many-owners = More than 100 usernames begin like this: the list has the keys of the first 100. Type more of the name to see others.
keys-filtered = Filtered API keys
keys-nothing-fits = No API key matches these filters.
keys-no-more = There are no more API keys.
keys-none = Nobody has an API key yet.
keys-delete-owner = Owner: { $owner }
keys-delete-told = The owner sees under Activity that you deleted it.
keys-bad-status = There is no such status. Go back and choose another one.
keys-bad-concern = There is no such choice of keys. Go back and choose another one.

## Users

users-add = Add user
users-search = Search
users-search-hint = The beginning of a name, username or e‑mail address.
users-sort = Sort by
users-show = Show
users-no-more = There are no more users.
users-nobody = No user matches this search. Search for the beginning of a word, or clear the filters.
users-valid-keys = Valid keys
users-suspended = { $count } suspended
users-sort-username = Username, A to Z
users-sort-username-reverse = Username, Z to A
users-sort-display-name = Display name, A to Z
users-sort-display-name-reverse = Display name, Z to A
users-sort-email = E-mail, A to Z
users-sort-email-reverse = E-mail, Z to A
users-sort-last-sign-in = Last sign-in, oldest first
users-sort-last-sign-in-reverse = Last sign-in, newest first
users-sort-updated = Updated, oldest first
users-sort-updated-reverse = Updated, newest first

## Adding and editing a user

user-username-hint = To sign in with. Letters, digits and . _ @ + -; it cannot be changed later.
user-password-hint = The user gets a one-time password. You see it once, on the next page.
user-display-name-hint = The name that people read. If empty, the username is shown.
user-email = E-mail (optional)
user-own-roles = Your own roles can be changed only by another administrator.
user-all = All users
user-about = About { $user }
user-keys = { $valid } valid
user-keys-suspended = { $valid } valid, { $suspended } suspended
user-id = ID for programs
user-edit = Edit
user-permissions = Effective permissions
user-no-permissions = { $user } holds no permissions.
user-permissions-lead = What { $user } and the API keys of { $user } hold now, through all roles together.
user-permission = Permission
user-what-for = What it is for
user-through = Through
user-of-your-apis = Belongs to your APIs
user-access = Access
user-password-lead = A one-time password lets { $user } sign in again if the password has been forgotten.
user-set-password = Set one-time password
user-disable-lead = Disabling ends all browser sessions and suspends the API keys at once. This can be undone.
user-disable = Disable user
user-enable-lead = Enabling lets { $user } sign in again, and the API keys that have not expired work again.
user-enable = Enable user
user-changed = { $user } was changed.
user-unchanged = Nothing changed: { $user } already had these details.
user-disabled = { $user } is disabled now.
user-disabled-already = { $user } was already disabled.
user-enabled = { $user } is enabled now.
user-enabled-already = { $user } was already enabled.
user-bad-username = This cannot be a username. Use 1 to 64 letters, digits or the characters . _ @ + -, and begin with a letter or digit. The names “me” and “all” are reserved.
user-display-name-too-long = The display name is too long. Use at most { $length } characters.
user-display-name-unreadable = The display name has characters that cannot be shown.
user-bad-email = This is not an e-mail address. Type one such as ada@example.com, or none.
user-form-used = This form was already used. It added the user { $user }, whose one-time password cannot be shown again. If you did not note it, set a new one on the page of { $user }.
user-conflict-disabled = The user is disabled now.

## What somebody else changed meanwhile

conflict-lead = <strong>Somebody else made a change while you were editing.</strong> None of your changes have been saved yet.
conflict-next = Look through the form, then save again: that replaces what they saved.
conflict-display-name = Display name is { $saved } now; you have { $typed }.
conflict-email = E-mail is { $saved } now; you have { $typed }.
conflict-description = Description is { $saved } now; you have { $typed }.
conflict-roles = The roles are now: { $saved }; you have: { $typed }.
conflict-role-has = The role has { $permissions } now; your form does not.
conflict-role-has-not = The role does not have { $permissions } now; your form does.
conflict-same = What is saved now is what you have in the form.
conflict-quoted = “{ $text }”
conflict-empty = empty
conflict-no-roles = none

## Before a user is disabled or enabled, or gets a one-time password

confirm-disable = Disable
confirm-enable = Enable
confirm-set-password = Set password
confirm-keys-suspended = { $keys ->
    [0] { $user } has no valid API key.
    [one] { $keys } valid API key will be suspended. Programs that use it are refused from the next request on.
   *[other] { $keys } valid API keys will be suspended. Programs that use them are refused from the next request on.
}
confirm-signed-out = { $name } is signed out everywhere and cannot sign in until enabled again.
confirm-keys-restored = { $keys ->
    [0] { $user } has no suspended API key.
    [one] { $keys } suspended API key will be valid again.
   *[other] { $keys } suspended API keys will be valid again.
}
confirm-can-sign-in = { $name } can sign in again with the same password as before.
confirm-password-replaced = The password of { $name } is replaced by a new one, which you see once and which must be changed at the next sign-in.
confirm-sessions-end = All browser sessions end. The API keys go on working.

## The one-time password

one-time-heading = One-time password
one-time-added = { $user } was added
one-time-set = { $user } has a new one-time password
one-time-warning = <strong>Note the one-time password now and hand it over in a safe way.</strong> Nobody can show it again once you leave this page. It must be changed at the next sign-in.
one-time-copy = Copy one-time password
one-time-copied = One-time password copied
one-time-go-to = Go to { $user }
one-time-add-another = Add another user

## Roles

roles-add = Add role
roles-lead = A role is a set of permissions. Users hold the permissions of all their roles, and so do their API keys.
roles-users-with = { $count }<span class="visually-hidden"> with the role { $role }</span>
roles-edit-one = Edit<span class="visually-hidden"> { $role }</span>
roles-built-in = Built in
roles-edit = Edit role { $role }
roles-in-use = { $users ->
    [one] { $users } user has this role. A change applies to their API keys and tokens from the next request on.
   *[other] { $users } users have this role. A change applies to their API keys and tokens from the next request on.
}
roles-name-hint = Lower-case letters, digits, - and _; it cannot be changed later.
roles-description = Description (optional)
roles-about = { $description }
roles-administrator = Manages users, roles and keys
roles-member = Signs in and generates API keys
roles-free = Permissions of your APIs
roles-free-hint = Such as <code>journals:read</code>, one per line or with spaces between them. They are the scope of access tokens; your APIs say what they mean.
roles-built-in-permissions = Permissions of { $instance } itself
roles-not-yours = You cannot grant it, because you do not hold it yourself.
roles-delete = Delete role
roles-delete-lead = No user has this role. This action cannot be reversed.
roles-added = The role { $role } was added.
roles-changed = The role { $role } was changed.
roles-unchanged = Nothing changed: the role { $role } already had these details.
roles-deleted = The role { $role } was deleted.
roles-bad-name = This cannot be the name of a role. Use 1 to 64 lower-case letters, digits, - or _.
roles-description-too-long = The description is too long. Use at most { $length } characters.
roles-description-unreadable = The description has characters that cannot be shown.
roles-bad-permission = “{ $permission }” cannot be a permission. Type permissions such as journals:read, of at most 128 visible ASCII characters without " and \, one per line or with spaces between them.

## The permissions of this program

permission-users-read = See all users, their roles and permissions.
permission-users-write = Add and edit users, give them roles, disable and enable them, set one-time passwords.
permission-roles-read = See all roles and their permissions.
permission-roles-write = Add, edit and delete roles, and give users the permissions of your APIs.
permission-keys-read = See the API keys of all users, never their secrets.
permission-keys-delete = Delete the API keys of other users.
permission-audit-read = Read the activity of all users.
permission-tokens-introspect = Ask what an access token stands for: for an API that checks tokens.

## Why a change is not made

refusal-no-such-user = There is no such user.
refusal-no-such-role = There is no role { $role }.
refusal-username-taken = There is a user { $user } already. Choose another username.
refusal-role-name-taken = There is a role { $role } already. Choose another name.
refusal-permission-missing = This needs the permission { $permission }.
refusal-holds-more = Only somebody who holds the permission { $permission } can change this, because this user or role holds it.
refusal-grants-more = You cannot grant the permission { $permission }, because you do not hold it yourself.
refusal-grants-free = You cannot give the role { $role }: it carries permissions of your APIs, which only holders of { $permission } can grant.
refusal-disables-yourself = You cannot disable yourself. Another administrator can.
refusal-own-roles = You cannot change your own roles. Another administrator can.
refusal-own-password = You cannot set a one-time password for yourself. Another administrator can.
refusal-last-administrator = This is the last active administrator. Make somebody else an administrator first, so that somebody can still manage users and roles.
refusal-built-in-role = This role is built in. It can be neither edited nor deleted.
refusal-role-in-use = This role has users. Take it away from all of them first.
refusal-outdated = Somebody else made a change meanwhile.
refusal-form-used = This form was already used, or the password or status of this user changed after it was shown. Nothing was changed now.

## Errors

error-status = Error { $status }
error-go-home = Go to the home page
error-sign-in = Sign in
error-sign-in-again = Sign in again
error-try-again = Try again
error-session-ended = Your session has ended
error-session-ended-text = Sign in again to go on. Nothing was changed.
error-session-ended-kept = Nothing was changed. Sign in again, and what you typed will be there.
error-not-allowed = Not allowed
error-not-allowed-text = You need the permission { $permission } for this. If you should have it, ask your administrator. Nothing was changed.
error-not-found = Not found
error-not-found-text = There is nothing here, or nothing that you may see.
error-failed = That did not work
error-method = This address cannot be used in this way.
error-too-slow = This took too long
error-too-slow-text = What you sent did not arrive within { $seconds } seconds. Check your connection and try again.
error-too-large = Too much text
error-too-large-text = What was sent is larger than this form allows.
error-cross-origin = Not from here
error-cross-origin-text = This request came from another website, so it was refused. Nothing was changed.
error-busy = Very busy
error-busy-text = The server has too much to do right now. Try again in a moment.
error-unavailable = Not available right now
error-unavailable-text = The server cannot get at its data. Try again in a moment; if it goes on, tell your administrator.
error-internal = Something went wrong
error-internal-text = The mistake is ours. Try again; if it happens again, tell your administrator.
error-unreadable = The request could not be read.
error-form-unreadable = The form could not be read. Go back and try again.
error-field-missing = A field is missing, or is there twice. Go back and try again.
error-form-incomplete = This form is not complete. Go back and try again.
error-panel-incomplete = This form is not complete. Open your profile and try again.
error-panel-of-another = This form belongs to somebody else. Open your profile and try again.
error-nul = The address of this page has a character that is not allowed there.
form-not-sent = Your session had ended. Nothing was changed. What you typed is still here: check it, then send it.
