"""The payment fund (支払基金): binding of certificates, enrolment as known, answers, audit."""
