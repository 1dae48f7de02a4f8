// Tells the server by which clock the browser tells times, for those who
// chose no time zone of their own.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const secure = location.protocol === "https:" ? "; Secure" : "";

// Names have letters, digits, slashes, underscores and signs only.
if (zone && !document.cookie.split("; ").includes(`time_zone=${zone}`)) {
  document.cookie = `time_zone=${zone}; Path=/; SameSite=Lax; Max-Age=31536000${secure}`;
}
