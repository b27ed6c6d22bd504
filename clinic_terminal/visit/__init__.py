"""What happens between a card and the fund while a patient stands at the reader. It knows no console."""
