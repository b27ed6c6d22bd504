"""Papers for members as PDF: 資格確認書 (eligibility certificates) and 資格情報のお知らせ (notices). All are specimens."""
