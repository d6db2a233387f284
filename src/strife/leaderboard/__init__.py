"""The leaderboard: submissions, their check, the board that ranks them, and what is written of it."""
