"""The insurers (保険者) and their programs: who their members are, told to the fund."""
