-- The receipt of the switch that took the traffic away from a deployment. Spec section 4.

ALTER TABLE deployments ADD COLUMN rollback_receipt jsonb NOT NULL DEFAULT '{}';
