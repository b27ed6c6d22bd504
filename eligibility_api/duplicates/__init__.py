"""The check of duplicate and contraindicated medication (重複投薬等チェック), before prescribing or dispensing."""
