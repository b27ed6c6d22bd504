"""The payment fund (支払基金): card bindings, enrolment, eligibility answers, histories and their audit."""
