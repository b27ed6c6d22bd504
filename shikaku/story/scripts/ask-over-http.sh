#!/bin/sh
# Asks the same over the web face: a sign-in with the terminal's key, then the look-up.
#
#   sh ask-over-http.sh URL KEY-FILE
set -eu
url=$1
key=$(cat "$2")
token=$(curl --silent --fail --request POST "$url/MSA12020/ILI12020SV01/auth" --header "Authorization: Bearer $key" |
  sed 's/.*"idToken": *"\([^"]*\)".*/\1/')
curl --silent --fail "$url/MSA01030/ILI01030SV01/search" --header "Authorization: $token" --data @- << JSON
{"XmlMsg": {
  "MessageHeader": {
    "QualificationConfirmationDate": "$(TZ=Asia/Tokyo date +%Y%m%d)", "MedicalInstitutionCode": "1311111114"
  },
  "MessageBody": {"QualificationConfirmSearchInfo": {
    "InsurerNumber": "01130012", "InsuredCardSymbol": "架空", "InsuredIdentificationNumber": "7701",
    "InsuredBranchNumber": "00", "Birthdate": "19850615", "LimitApplicationCertificateRelatedConsFlg": "0"
  }}
}}
JSON
