"""What people see: shell, desk, supervisor, administration, and the one WebSocket behind them."""
