"""How campaigns' calls leave the house: what trunks bear, and which numbers customers see."""
