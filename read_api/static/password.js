// The invitation comes behind the address's #, which no server and no log ever sees.
const token = decodeURIComponent(location.hash.slice(1));
if (token) {
  document.getElementById("token").value = token;
  document.getElementById("password").focus();
  history.replaceState(null, "", location.pathname + location.search);
}
