# The parts of `make deep PART=…`: test files and folders. A file may belong to several parts.

# The rules, against the reference model.
deep_rules = tests/properties tests/permits tests/unit/eligibility_api/domain tests/unit/eligibility_api/eligibility \
	tests/unit/loadtest/model

# Malformed and hostile input.
deep_fuzz = tests/conformance tests/receipts tests/end_to_end/test_interface.py tests/unit/eligibility_api/claims \
	tests/unit/eligibility_api/contract tests/unit/eligibility_api/uploads

# Access: rights, limits, tokens, sign-in, presence, consent and emergency.
deep_doors = tests/end_to_end/test_admission.py tests/integration/test_bad_consents.py \
	tests/integration/test_binding.py tests/integration/test_bulk_admission.py tests/integration/test_consent.py \
	tests/integration/test_disaster.py tests/integration/test_emergency.py tests/integration/test_facilities.py \
	tests/integration/test_idempotency.py tests/integration/test_lane.py tests/integration/test_look_lane.py \
	tests/integration/test_operators.py tests/integration/test_revocation.py tests/integration/test_rights.py \
	tests/integration/test_sign_in.py tests/integration/test_tap.py tests/integration/test_visual_check.py \
	tests/unit/eligibility_api/consent tests/unit/eligibility_api/facilities tests/unit/eligibility_api/presence

# The interface as terminals and insurers use it, and files.
deep_exchange = tests/persons tests/pcsc tests/end_to_end/test_asking.py tests/end_to_end/test_card.py \
	tests/end_to_end/test_claims.py tests/end_to_end/test_history.py tests/end_to_end/test_readme.py \
	tests/integration/test_batches.py tests/integration/test_checkups.py tests/integration/test_claims.py \
	tests/integration/test_desk.py tests/integration/test_drug_master.py tests/integration/test_enrolment.py \
	tests/integration/test_history.py tests/integration/test_looking.py tests/integration/test_medications.py \
	tests/integration/test_number.py tests/integration/test_prescriptions.py tests/integration/test_publishing.py \
	tests/integration/test_references.py tests/integration/test_replacing.py tests/integration/test_tickets.py \
	tests/integration/test_uploads.py tests/unit/eligibility_api/desk tests/unit/eligibility_api/history

# What is stored: audit records, bitemporal answers, exports, the database.
deep_record = tests/end_to_end/test_kill.py tests/end_to_end/test_kill_claims.py tests/end_to_end/test_kill_publish.py \
	tests/integration/test_audit.py tests/integration/test_commands.py tests/integration/test_consent_export.py \
	tests/integration/test_crowd.py tests/integration/test_database.py tests/integration/test_embedded.py \
	tests/integration/test_keeper.py tests/integration/test_known_at.py tests/integration/test_mismatch.py \
	tests/integration/test_partitions.py tests/integration/test_plans.py tests/integration/test_platform.py \
	tests/integration/test_statistics.py tests/unit/eligibility_api/enrolment tests/unit/eligibility_api/platform \
	tests/unit/eligibility_api/test_cli.py

# The other organisations' programs, and the repository itself.
deep_clients = tests/unit/clinic_terminal tests/unit/jpki_mock tests/unit/loadtest tests/unit/payer_mock \
	tests/unit/repository tests/unit/shikaku

# Processes that are killed, faults and load.
deep_failover = tests/end_to_end/test_faults.py tests/end_to_end/test_kill.py tests/end_to_end/test_kill_claims.py \
	tests/end_to_end/test_kill_publish.py tests/end_to_end/test_load.py tests/end_to_end/test_plan.py \
	tests/end_to_end/test_rush.py tests/end_to_end/test_service.py tests/end_to_end/test_smoke_load.py \
	tests/end_to_end/test_workers.py
