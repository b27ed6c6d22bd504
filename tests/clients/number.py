"""A check by number with the client of openapi-python-client. Prints validity and name; then the code of a refusal."""

import datetime
import os

from client import AuthenticatedClient
from client.api.eligibility import check_eligibility_by_number
from client.models import EligibilityAnswer, NumberCheckRequest, Problem, Validity

fund = AuthenticatedClient(os.environ["TERMINAL_FUND_URL"], os.environ["TOKEN"])
person = NumberCheckRequest(
    insurer_number="01130012",
    symbol="架空",
    number="7701",
    branch="00",
    birth_date=datetime.date(1985, 6, 15),
)
answer = check_eligibility_by_number.sync(client=fund, body=person)
assert isinstance(answer, EligibilityAnswer), answer
assert answer.validity is Validity.VALID
print(answer.validity, answer.results[0].name)

person.as_of = datetime.date(1900, 1, 1)
problem = check_eligibility_by_number.sync(client=fund, body=person)
assert isinstance(problem, Problem), problem
print(problem.code)
