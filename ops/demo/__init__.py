"""The story the demo plays: real engines, real requests, every figure checked."""
