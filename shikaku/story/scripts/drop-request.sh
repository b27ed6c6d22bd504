#!/bin/sh
# Drops a look-up by number into an exchange folder, as the clinic's software does, and prints the result file.
#
#   sh drop-request.sh ROOT
set -eu
root=$1
name=$(date +%Y%m%d%H%M%S)
cat > "$root/req/OQSsiquc01req_$name.xml" << XML
<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<XmlMsg>
  <MessageHeader>
    <QualificationConfirmationDate>$(TZ=Asia/Tokyo date +%Y%m%d)</QualificationConfirmationDate>
    <MedicalInstitutionCode>1311111114</MedicalInstitutionCode>
    <ArbitraryFileIdentifier>$name</ArbitraryFileIdentifier>
  </MessageHeader>
  <MessageBody>
    <QualificationConfirmSearchInfo>
      <InsurerNumber>01130012</InsurerNumber>
      <InsuredCardSymbol>架空</InsuredCardSymbol>
      <InsuredIdentificationNumber>7701</InsuredIdentificationNumber>
      <InsuredBranchNumber>00</InsuredBranchNumber>
      <Birthdate>19850615</Birthdate>
      <LimitApplicationCertificateRelatedConsFlg>0</LimitApplicationCertificateRelatedConsFlg>
    </QualificationConfirmSearchInfo>
  </MessageBody>
</XmlMsg>
XML

result=$root/res/OQSsiquc01res_$name.xml
tries=300
until [ -f "$result" ]; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { echo "no result after 60 s" >&2; exit 1; }
  sleep 0.2
done
cat "$result"
rm "$result"
